//! Shell and route table, all routes on one screen.
