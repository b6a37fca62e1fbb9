//! A real report for the tests of the pages: the built-in knowledge, a real error text.

use std::sync::Arc;

use crate::{
    knowledge::{Lang, built_in, load},
    report::{Diagnostician, Report},
    ui::state::Wizard,
};

/// The report of a keep-alive race behind a balancer, in English.
pub(super) fn report() -> Report {
    let query = "text=upstream+prematurely+closed+connection+while+reading+response+header+from+upstream\
                 &target=app.example.com:443&phase=reuse_keepalive&after=60&scope=all\
                 &stack=nginx,node&between=aws-alb";
    let base = Arc::new(load(&[built_in()]).base);
    let wizard = Wizard::parse(query);
    Diagnostician::new(base).unwrap().diagnose(&wizard.case, Lang::En)
}
