//! The model passes its own suite.

use std::sync::Arc;

use proptest::prelude::*;
use store::{
    Store,
    conformance::{Step, play},
    memory::MemoryStore,
};

#[tokio::test]
async fn the_model_conforms() {
    store::conformance(async || Arc::new(MemoryStore::new()) as Arc<dyn Store>).await;
}

proptest! {
    /// Playing a history twice is seeing the same twice: nothing depends on the process.
    #[test]
    fn the_model_is_deterministic(steps in proptest::collection::vec(any::<Step>(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (first, second) = (MemoryStore::new(), MemoryStore::new());
        prop_assert_eq!(runtime.block_on(play(&first, &steps)), runtime.block_on(play(&second, &steps)));
    }
}
