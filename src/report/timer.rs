//! Which known constants a measured or told time fits, and which of them the verdict names.

use crate::{evidence::Source, knowledge::Cause};

use super::{
    ConstantMatch, RankedCause, ReportFix,
    compose::Maker,
    words::{say, seconds},
};

/// Classes of components that are spoken to in words of their own: nobody meets one unawares.
const SPEAK_THEIR_OWN: [&str; 5] = ["database", "broker", "mail", "vpn", "protocol"];
/// Classes of which a connection mostly meets one: who named it has named them all.
const ONE_OF_A_KIND: [&str; 5] = ["runtime", "appserver", "client-lib", "browser", "os"];

impl Maker<'_> {
    /// Those of named components first, then those that speak for the leading cause, then those that its fixes
    /// turn (many timers of one program are 60 s), then the closest.
    pub(super) fn constants(
        &self,
        causes: &[RankedCause],
        fixes: &[ReportFix],
    ) -> Vec<ConstantMatch> {
        let measured = self
            .belief
            .weighed
            .iter()
            .filter_map(|item| self.evidence.get(item.observation))
            .find(|o| o.variable == "seconds")
            .and_then(|o| o.value.number());
        let Some(measured) = measured else { return Vec::new() };
        let leading = causes.first().map_or("", |cause| cause.id.as_str());
        let own = || fixes.iter().filter(|fix| fix.cause == leading);
        let is_turned = |timeout: &str| {
            self.base.timeouts.get(timeout).is_some_and(|timeout| {
                own()
                    .flat_map(|fix| fix.commands.iter().chain(&fix.steps))
                    .any(|text| text.contains(&timeout.setting))
            })
        };
        let mut fits: Vec<_> = self.belief.fits.iter().collect();
        fits.sort_by_cached_key(|fit| {
            (!fit.named, !self.speaks_for(&fit.timeout, leading), !is_turned(&fit.timeout))
        });
        fits.into_iter()
            .filter_map(|fit| self.constant(&fit.timeout, measured, fit.named))
            .take(8)
            .collect()
    }

    /// The constant of the timeout entry `id`, beside the `measured` seconds.
    pub(super) fn constant(&self, id: &str, measured: f64, named: bool) -> Option<ConstantMatch> {
        let timeout = self.base.timeouts.get(id)?;
        Some(ConstantMatch {
            id: timeout.id.clone(),
            component: self.component_name(&timeout.component),
            setting: timeout.setting.clone(),
            seconds: timeout.value,
            measured,
            named,
            source: timeout.sources.first().map(|s| s.url.clone()).unwrap_or_default(),
        })
    }

    /// Names the timer behind a measured or told time, where the leading cause is one.
    pub(super) fn timer_sentence(
        &self,
        cause: Option<&Cause>,
        constants: &[ConstantMatch],
    ) -> Option<String> {
        let cause = cause?;
        let best = constants
            .iter()
            .filter(|constant| self.speaks_for(&constant.id, &cause.id))
            .find(|constant| constant.named || !self.is_taken(&constant.id));
        let proven =
            self.evidence.iter().find(|o| o.variable == "component" && o.source == Source::Probe);
        // A program that a probe has recognised is told rather than a constant of something else.
        if let Some(proven) = proven.filter(|_| best.is_none_or(|best| !best.named)) {
            let measured = self
                .evidence
                .iter()
                .find(|o| o.variable == "seconds" && o.source == Source::Probe)
                .and_then(|o| o.value.number())?;
            let component = self.component_name(&proven.value.to_string());
            let words = [("seconds", &*seconds(measured)), ("component", &*component)];
            return Some(say(self.lang, "verdict-own-timer", &words));
        }
        let constant = best?;
        let message =
            if constant.named { "verdict-constant" } else { "verdict-constant-elsewhere" };
        let words = [
            ("seconds", &*seconds(constant.measured)),
            ("setting", &*constant.setting),
            ("component", &*constant.component),
            ("constant", &*seconds(constant.seconds)),
        ];
        Some(say(self.lang, message, &words))
    }

    fn speaks_for(&self, timeout: &str, cause: &str) -> bool {
        self.base
            .timeouts
            .get(timeout)
            .is_some_and(|timeout| timeout.causes.iter().any(|id| id == cause))
    }

    /// Whether what was named leaves no room for the timeout's product, which was not. Boxes on the way may be
    /// there unseen; who speaks gRPC to a server of their own has no message broker there, and a program
    /// written in Go does not run in Node.js.
    fn is_taken(&self, timeout: &str) -> bool {
        let classes = |id: &str| self.base.components.get(id).map(|one| one.classes.as_slice());
        let own = self.base.timeouts.get(timeout).and_then(|timeout| classes(&timeout.component));
        let own = own.unwrap_or_default();
        let speaks_its_own = own.iter().any(|class| SPEAK_THEIR_OWN.contains(&class.as_str()));
        let is_of_its_kind = |id: &String| {
            let mut shared = classes(id).unwrap_or_default().iter().filter(|one| own.contains(one));
            shared.any(|class| ONE_OF_A_KIND.contains(&class.as_str()))
        };
        speaks_its_own && !self.named.is_empty() || self.named.iter().any(is_of_its_kind)
    }
}
