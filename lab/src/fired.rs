//! Whether the fault fired. A scenario whose fault did not fire has tested nothing.

use std::{thread, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{
    place::{Place, read},
    scenario::Fired,
};

impl Fired {
    /// An error that says what was missing. Logs may lag behind, so it is looked for twice a second,
    /// for two seconds.
    pub(crate) fn check(&self, place: &Place) -> Result<()> {
        let mut last = self.look(place);
        for _ in 0..4 {
            if last.is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(500));
            last = self.look(place);
        }
        last.context("the fault did not fire")
    }

    fn look(&self, place: &Place) -> Result<()> {
        if let Some(name) = &self.counter {
            let listing = place.sh(&self.place, "nft list counters")?;
            let packets = counted(&listing, name)
                .with_context(|| format!("no counter `{name}` in {}", self.place))?;
            if packets < self.times {
                bail!("the counter `{name}` stands at {packets}");
            }
            return Ok(());
        }
        let says = self.says.as_deref().context("`says` is missing")?;
        let (what, text) = match (&self.log, &self.sh) {
            (Some(name), None) => (name, read(&place.log(name))),
            (None, Some(script)) => (script, place.sh(&self.place, script)?),
            _ => bail!("a sign is a counter, a log or a command"),
        };
        let times = text.matches(says).count();
        if times < self.times {
            let last: Vec<&str> = text.lines().rev().take(3).collect();
            bail!("`{says}` is {times} times in {what}, which ends: {}", last.join(" ← "));
        }
        Ok(())
    }
}

/// The packets of a named counter in the output of `nft list counters`.
fn counted(listing: &str, name: &str) -> Option<usize> {
    let (_, after) = listing.split_once(&format!("counter {name} {{"))?;
    let (_, number) = after.split_once("packets ")?;
    number.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_read_by_its_name() {
        let listing = "table inet f {\n\tcounter hit {\n\t\tpackets 12 bytes 720\n\t}\n\tcounter miss {\n\t\tpackets 0 bytes 0\n\t}\n}\n";
        assert_eq!(counted(listing, "hit"), Some(12));
        assert_eq!(counted(listing, "miss"), Some(0));
        assert_eq!(counted(listing, "other"), None);
    }
}
