//! What is learned about people, and what becomes of it.

mod learning;
