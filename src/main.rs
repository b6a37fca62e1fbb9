#![recursion_limit = "256"]
//! Arguments in, a command run; the commands live in `cli`.

fn main() -> std::process::ExitCode {
    hangup::cli::run()
}
