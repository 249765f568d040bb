//! What is measured, and taken in turns: a slice of each, then again, so that a moment in which the machine is busy with
//! something else touches all of them.

use std::rc::Rc;
use std::time::Duration;

use crate::load::{self, Figures, Requests};
use crate::server::Server;

/// Something that is measured.
pub struct Measurement {
    pub name: String,
    status: u16,
    requests: Vec<Requests>,
    places: Vec<usize>,
    pub figures: Figures,
}

impl Measurement {
    pub fn new(name: &str, status: u16, requests: Vec<Requests>) -> Self {
        Self {
            name: name.to_owned(),
            status,
            places: vec![0; requests.len()],
            requests,
            figures: Figures::default(),
        }
    }

    /// Every connection sends the same.
    pub fn same(name: &str, status: u16, connections: usize, request: Vec<u8>) -> Self {
        let list = Rc::new(vec![request]);
        Self::new(name, status, vec![list; connections])
    }

    async fn take(&mut self, server: &Server, time: Duration) {
        let before = server.processor();
        let (requests, places) = (&self.requests, &mut self.places);
        let mut taken = load::run(server.address, requests, places, self.status, time).await;
        taken.processor = server.processor() - before;
        self.figures.add(taken);
    }
}

/// Takes the measurements in so many turns, each so many seconds in all, after a short one that does not count.
pub async fn take(server: &Server, (turns, seconds): (usize, f64), all: &mut [Measurement]) {
    let turns = u32::try_from(turns).unwrap_or(1).max(1);
    let slice = Duration::from_secs_f64(seconds) / turns;
    for one in all.iter_mut() {
        one.take(server, slice.min(Duration::from_millis(300)))
            .await;
        one.figures = Figures::default();
    }
    for _ in 0..turns {
        for one in all.iter_mut() {
            one.take(server, slice).await;
        }
    }
}
