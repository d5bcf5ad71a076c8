//! Executes a plan: order, parallelism, deadlines, cancellation.
