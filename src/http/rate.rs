//! How often anyone may ask: a bucket per account or address, a stricter one for signing in.
//!
//! The surprising rule: the buckets are of this server alone. Several servers on one database allow as many
//! times more; what must hold across servers (failed sign-ins) is counted in the database.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

type Buckets =
    RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// A kind of bucket.
pub struct Bucket {
    name: &'static str,
    per_minute: u32,
    buckets: Buckets,
    clock: DefaultClock,
}

/// What a bucket says to a request.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// `RateLimit-Policy`.
    pub policy: String,
    /// `RateLimit`.
    pub state: String,
    /// How many seconds to wait, when the request is refused.
    pub retry_after: Option<u64>,
}

impl Bucket {
    /// A bucket of `per_minute` requests, all of which may come at once.
    #[must_use]
    pub fn new(name: &'static str, per_minute: u32) -> Self {
        let most = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            name,
            per_minute: most.get(),
            buckets: RateLimiter::dashmap(Quota::per_minute(most))
                .with_middleware::<StateInformationMiddleware>(),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one from the bucket of `key`.
    #[must_use]
    pub fn take(&self, key: &str) -> Verdict {
        let policy = format!("\"{}\";q={};w=60", self.name, self.per_minute);
        match self.buckets.check_key(&key.to_owned()) {
            Ok(snapshot) => Verdict {
                policy,
                state: format!(
                    "\"{}\";r={};t=60",
                    self.name,
                    snapshot.remaining_burst_capacity()
                ),
                retry_after: None,
            },
            Err(not_until) => {
                let wait = not_until
                    .wait_time_from(self.clock.now())
                    .saturating_add(Duration::from_millis(999))
                    .as_secs()
                    .max(1);
                Verdict {
                    policy,
                    state: format!("\"{}\";r=0;t={wait}", self.name),
                    retry_after: Some(wait),
                }
            }
        }
    }

    /// Forgets the buckets that are full again, so that memory follows the number of active clients.
    pub fn forget_idle(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }
}
