//! Simulated users: how many questions it takes to the right fix, against other ways of asking.
//!
//! A user has one cause, drawn by the priors, mostly an error text that the knowledge has for it, and
//! for every question with options a true answer, drawn from the cause's own table. Asked, some do not
//! know and some are wrong. Questions without options (notes, components, seconds) are left out: what
//! they tell cannot be summed up in a table.

use crate::{
    evidence::{Observation, Source},
    knowledge::Base,
};

use super::{
    maths::{exp2, log2},
    model::{Choice, Model},
    planner::{Mind, Situation, StepKind},
    scale,
};

/// Ways of choosing the next question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The planner's, by what was answered so far.
    Planned,
    /// One order for everybody, by what each question tells at the start: a fixed tree.
    Fixed,
    /// Any order.
    Random,
}

/// Share of users who start with an error text. judgement: most have one.
const HAS_TEXT: f64 = 0.8;

/// How users fall short.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// Share of questions answered with *don't know*, 0 to 1.
    pub dont_know: f64,
    /// Share of questions answered wrongly, 0 to 1.
    pub wrong: f64,
}

/// What simulated users needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulated {
    /// Users simulated.
    pub users: usize,
    /// Share for whom the right fix came to lead with at least even odds before all was asked.
    pub reached: f64,
    /// Mean number of questions that took, over those users.
    pub questions: f64,
    /// Mean over the same users of the fewest questions that could do it.
    ///
    /// The entropy floor of a user: the fewest questions whose information about the fix, noise and
    /// all, adds up to the bits between the fix's probability at the start and even odds; each counts
    /// with what it tells at the start.
    pub floor: f64,
}

impl Model {
    /// Lets `users` users answer in `order`. The same seed gives the same users.
    pub fn simulate(
        &self,
        base: &Base,
        users: usize,
        order: Order,
        noise: Noise,
        seed: u64,
    ) -> Simulated {
        let askable = self.askable(base);
        let at_start = self.gains(base, &askable, &[]);
        let mut dice = Dice(seed);
        let (mut questions, mut reached, mut floor) = (0, 0, 0.0);
        for _ in 0..users {
            let cause = self.draw_cause(&mut dice);
            let mut user = User { model: self, cause, noise, dice: Dice(dice.next()) };
            let evidence = user.text().into_iter().collect();
            let mut walk = Walk { evidence, now: Situation::default() };
            let own_floor = self.floor(base, &walk.evidence, cause, &askable, noise);
            let mut left = askable.clone();
            while self.odds(base, &walk.evidence, cause) < scale::LIKELY && !left.is_empty() {
                let at = match order {
                    Order::Planned => self.planned(base, &walk, &left),
                    Order::Fixed => best_of(&at_start, &left),
                    Order::Random => dice.below(left.len()),
                };
                let question = left.swap_remove(at.min(left.len() - 1));
                walk.ask(base, question, &mut user);
            }
            if self.odds(base, &walk.evidence, cause) >= scale::LIKELY {
                questions += askable.len() - left.len();
                reached += 1;
                floor += own_floor;
            }
        }
        let n = f64::from(reached).max(1.0);
        Simulated {
            users,
            reached: f64::from(reached) / users.max(1) as f64,
            questions: questions as f64 / n,
            floor: floor / n,
        }
    }

    /// See [`Simulated::floor`].
    fn floor(
        &self,
        base: &Base,
        start: &[Observation],
        cause: usize,
        askable: &[&str],
        noise: Noise,
    ) -> f64 {
        let mut needed = log2(scale::LIKELY / self.odds(base, start, cause)).max(0.0);
        let mind = Mind::new(&self.believe(start), &self.remedies.groups(base, start));
        let tells = |id: &&str| {
            let choice = self.choices.get(&base.questions.get(*id)?.variable)?;
            Some(information(&mind, choice, noise)).filter(|bits| *bits > 0.0)
        };
        let mut bits: Vec<f64> = askable.iter().filter_map(tells).collect();
        bits.sort_by(|a, b| b.total_cmp(a));
        let mut count = 0.0;
        for most in bits {
            if needed <= most {
                return count + needed / most;
            }
            needed -= most;
            count += 1.0;
        }
        count
    }

    /// The questions whose answers are options of a table.
    fn askable<'a>(&self, base: &'a Base) -> Vec<&'a str> {
        base.questions
            .values()
            .filter(|question| self.choices.contains_key(&question.variable))
            .map(|question| question.id.as_str())
            .collect()
    }

    /// What each question is expected to tell about the fix after `evidence`, most first.
    fn gains<'a>(
        &self,
        base: &Base,
        askable: &[&'a str],
        evidence: &[Observation],
    ) -> Vec<(&'a str, f64)> {
        let belief = self.believe(evidence);
        let gain = |id: &str| {
            let variable = base.questions.get(id).map_or("", |question| &question.variable);
            self.gain(base, &belief, evidence, variable, Source::Answer)
        };
        let mut gains: Vec<(&str, f64)> = askable.iter().map(|id| (*id, gain(id))).collect();
        gains.sort_by(|(x, a), (y, b)| b.total_cmp(a).then(x.cmp(y)));
        gains
    }

    fn planned(&self, base: &Base, walk: &Walk, left: &[&str]) -> usize {
        let belief = self.believe(&walk.evidence);
        let plan = self.plan(base, &belief, &walk.evidence, &walk.now);
        let questions = plan.steps.iter().filter(|step| step.kind == StepKind::Question);
        let mut asked = questions.filter_map(|step| left.iter().position(|id| *id == step.id));
        asked.next().unwrap_or(0)
    }

    /// The probability that the fix for `cause` is the right one.
    fn odds(&self, base: &Base, evidence: &[Observation], cause: usize) -> f64 {
        let belief = self.believe(evidence);
        let groups = self.remedies.groups(base, evidence);
        let own = groups.get(cause);
        let same = groups.iter().zip(&belief.posterior).filter(|(group, _)| Some(*group) == own);
        same.map(|(_, p)| p).sum()
    }

    fn draw_cause(&self, dice: &mut Dice) -> usize {
        // `something_else` is the last, and has no answers of its own.
        let known = self.prior.len().saturating_sub(1);
        let weights: Vec<f64> = self.prior.iter().take(known).map(|bits| exp2(*bits)).collect();
        dice.draw(&weights)
    }
}

/// Mutual information between the fix and a noisy answer, bits (Shannon 1948).
fn information(mind: &Mind, choice: &Choice, noise: Noise) -> f64 {
    let answered = (1.0 - noise.dont_know).max(f64::MIN_POSITIVE);
    let wrong = noise.wrong / answered;
    let others = choice.options.len().saturating_sub(1).max(1) as f64;
    let said = |cause: usize, option: usize| {
        let own = choice.given.get(cause).and_then(|table| table.get(option));
        own.map_or(0.0, |p| (1.0 - wrong) * p + wrong * (1.0 - p) / others)
    };
    let after: f64 = (0..choice.options.len())
        .map(|option| {
            let chance: f64 = mind.alive().map(|(cause, p)| p * said(cause, option)).sum();
            chance * mind.entropy(|cause| said(cause, option))
        })
        .sum();
    answered * (mind.entropy(|_| 1.0) - after)
}

fn best_of(gains: &[(&str, f64)], left: &[&str]) -> usize {
    gains.iter().find_map(|(id, _)| left.iter().position(|other| other == id)).unwrap_or(0)
}

struct User<'a> {
    model: &'a Model,
    cause: usize,
    noise: Noise,
    dice: Dice,
}

impl User<'_> {
    /// The error text the user starts with, one of those the knowledge has for the cause.
    fn text(&mut self) -> Option<Observation> {
        if self.dice.share() >= HAS_TEXT {
            return None;
        }
        let own: Vec<(&String, f64)> = self
            .model
            .messages
            .iter()
            .filter_map(|(id, rate)| Some((id, *rate.given.get(&self.cause)?)))
            .collect();
        let weights: Vec<f64> = own.iter().map(|(_, rate)| *rate).collect();
        let (id, _) = own.get(self.dice.draw(&weights))?;
        Some(Observation::seen("message", id.as_str(), Source::Text))
    }

    /// The option the user gives for `variable`; none for *don't know*.
    fn answer(&mut self, variable: &str) -> Option<String> {
        let choice = self.model.choices.get(variable)?;
        let truth = self.dice.draw(choice.given.get(self.cause)?);
        let luck = self.dice.share();
        if luck < self.noise.dont_know {
            return None;
        }
        let is_wrong = luck < self.noise.dont_know + self.noise.wrong && choice.options.len() > 1;
        let said = if is_wrong {
            let other = self.dice.below(choice.options.len() - 1);
            other + usize::from(other >= truth)
        } else {
            truth
        };
        choice.options.get(said).cloned()
    }
}

/// The state of one conversation.
struct Walk {
    evidence: Vec<Observation>,
    now: Situation,
}

impl Walk {
    fn ask(&mut self, base: &Base, id: &str, user: &mut User<'_>) {
        let Some(question) = base.questions.get(id) else { return };
        self.now.taken.insert(id.to_owned());
        if let Some(option) = user.answer(&question.variable) {
            self.now.answered += 1;
            self.evidence.push(Observation::seen(&question.variable, option, Source::Answer));
        }
    }
}

/// A small generator of even quality: SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly in 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly below `n`, which is at least 1.
    fn below(&mut self, n: usize) -> usize {
        let even = vec![1.0; n];
        self.draw(&even)
    }

    /// An index, by weight.
    fn draw(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        weights.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::knowledge::{built_in, load};

    #[test]
    fn planned_questions_reach_the_fix_sooner_than_any_other_order() {
        let base = load(&[built_in()]).base;
        let model = Model::new(&base);
        let noise = Noise { dont_know: 0.15, wrong: 0.10 };
        let run = |order| model.simulate(&base, 60, order, noise, 7);
        let (planned, fixed, random) = (run(Order::Planned), run(Order::Fixed), run(Order::Random));
        assert!(planned.questions < fixed.questions, "{planned:?} {fixed:?}");
        assert!(fixed.questions < random.questions, "{fixed:?} {random:?}");
        assert!(planned.questions <= 1.3 * planned.floor, "{planned:?}");
    }

    #[test]
    fn the_dice_are_even() {
        let mut dice = Dice(1);
        let mut seen = BTreeSet::new();
        let mean: f64 = (0..1000).map(|_| dice.share()).sum::<f64>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.03, "{mean}");
        for _ in 0..200 {
            seen.insert(dice.below(6));
        }
        assert_eq!(seen.len(), 6);
    }
}
