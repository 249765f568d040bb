//! Reading the signing keys again, for those that another server has made.

use crate::access::State;
use crate::access::keys::{self, KeysError};

/// Takes over the keys that are in the database now.
pub(super) async fn reload(state: &State) -> Result<(), KeysError> {
    let loaded = keys::reload(&state.db, &state.sealer).await?;
    state.keys.replace(loaded);
    Ok(())
}
