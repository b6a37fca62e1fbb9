//! The accounts: per client, per target, for all.

use std::net::Ipv4Addr;

use super::*;

fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}

fn client(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

#[test]
fn two_at_once_and_thirty_an_hour_against_one_target_whoever_asks() {
    let budgets = Budgets::new(Limits::default());
    let now = Instant::now();
    let first = budgets.admit_at(client(1), &target("a.example.com"), now).unwrap();
    let second = budgets.admit_at(client(2), &target("b.example.com"), now).unwrap();
    let third = budgets.admit_at(client(3), &target("example.com"), now).unwrap_err();
    assert_eq!(third.rule, rules::TARGET_BUSY);
    drop((first, second));
    assert_eq!(budgets.running(), (0, 0));
    for last in 3..31 {
        budgets.admit_at(client(last), &target("example.com"), now).unwrap();
    }
    let wait = budgets.admit_at(client(40), &target("example.com"), now).unwrap_err();
    assert_eq!(wait.retry_after, HOUR);
    assert!(budgets.admit_at(client(40), &target("example.com"), now + HOUR).is_ok());
}

#[test]
fn a_client_is_no_port_or_host_scanner() {
    let budgets = Budgets::new(Limits::default());
    for port in 1..=8 {
        budgets.admit(client(1), &target(&format!("example.com:{port}"))).unwrap();
    }
    assert!(budgets.admit(client(1), &target("example.com:9")).is_err());
    assert!(budgets.admit(client(1), &target("example.com:8")).is_ok());
    for host in 0..19 {
        budgets.admit(client(1), &target(&format!("h{host}.example{host}.org"))).unwrap();
    }
    let refused = budgets.admit(client(1), &target("h.example99.org")).unwrap_err();
    assert_eq!(refused.rule, rules::CLIENT_BUSY);
}

#[test]
fn a_second_port_of_a_run_counts_like_a_first_one() {
    let budgets = Budgets::new(Limits::default());
    let mut ticket = budgets.admit(client(1), &target("example.com:1")).unwrap();
    for port in 2..=8 {
        ticket.charge_port(port).unwrap();
    }
    assert_eq!(ticket.charge_port(9).unwrap_err().rule, rules::TARGET_BUSY);
    assert!(ticket.charge_port(8).is_ok());
    drop(ticket);
    assert!(budgets.admit(client(2), &target("example.com:9")).is_err());
}

#[test]
fn a_target_is_burst_four_times_an_hour_whoever_asks() {
    let budgets = Budgets::new(Limits::default());
    for last in 1..=4 {
        let mut ticket = budgets.admit(client(last), &target("example.com")).unwrap();
        ticket.charge_burst().unwrap();
    }
    let mut fifth = budgets.admit(client(5), &target("www.example.com")).unwrap();
    assert_eq!(fifth.charge_burst().unwrap_err().rule, rules::TARGET_BUSY);
}

#[test]
fn names_of_one_machine_share_its_account() {
    let budgets = Budgets::new(Limits::default());
    let mut tickets: Vec<_> = ["a.example.com", "b.example.net", "c.example.org"]
        .iter()
        .zip(1..)
        .map(|(name, last)| budgets.admit(client(last), &target(name)).unwrap())
        .collect();
    let shared = [IpAddr::from([198, 20, 0, 1])];
    assert!(tickets[0].charge_addresses(&shared, 443).is_ok());
    assert!(tickets[1].charge_addresses(&shared, 443).is_ok());
    assert!(tickets[2].charge_addresses(&shared, 443).is_err());
    assert!(tickets[0].hold().is_ok());
    assert!(tickets[0].hold().is_ok(), "it has its place already");
    assert!(tickets[1].hold().is_err());
    drop(tickets);
    assert_eq!(budgets.running(), (0, 0));
}

#[test]
fn a_redirect_is_charged_to_where_it_leads() {
    let budgets = Budgets::new(Limits { target_runs_per_hour: 3, ..Limits::default() });
    let victim = target("victim.example.net");
    let at: IpAddr = [198, 51, 100, 7].into();
    // Many pages that all redirect to one victim share its account.
    for run in 0..3 {
        let mut ticket =
            budgets.admit(client(run), &target(&format!("a.example{run}.org"))).unwrap();
        ticket.charge_redirect(&victim, &[at]).unwrap();
        // The same place again is no second run.
        ticket.charge_redirect(&target("www.example.net"), &[at]).unwrap();
    }
    let mut late = budgets.admit(client(9), &target("late.example.org")).unwrap();
    assert_eq!(late.charge_redirect(&victim, &[at]).unwrap_err().rule, rules::TARGET_BUSY);
    let mut other = budgets.admit(client(10), &target("more.example.com")).unwrap();
    let same_machine = target("other.example.info");
    assert!(other.charge_redirect(&same_machine, &[at]).is_err());
    // Within one owner a redirect costs no host of the client, but a port is a port.
    let mut own = budgets.admit(client(11), &target("example.de")).unwrap();
    for port in 1..8 {
        own.charge_redirect(&target(&format!("www.example.de:{port}")), &[]).unwrap();
    }
    assert!(own.charge_redirect(&target("www.example.de:99"), &[]).is_err());
}

#[test]
fn redirects_do_not_make_a_client_a_host_scanner() {
    let budgets = Budgets::new(Limits::default());
    let mut ticket = budgets.admit(client(1), &target("start.example.org")).unwrap();
    for host in 0..19 {
        ticket.charge_redirect(&target(&format!("h.example{host}.net")), &[]).unwrap();
    }
    let refused = ticket.charge_redirect(&target("h.example99.net"), &[]).unwrap_err();
    assert_eq!(refused.rule, rules::CLIENT_BUSY);
}

#[test]
fn a_run_that_is_refused_before_it_began_costs_nothing() {
    let budgets = Budgets::new(Limits { holds: 0, target_runs_per_hour: 1, ..Limits::default() });
    for _ in 0..3 {
        let mut ticket = budgets.admit(client(1), &target("example.com")).unwrap();
        assert_eq!(ticket.hold().unwrap_err().rule, rules::INSTANCE_BUSY);
        ticket.refund();
    }
    assert_eq!(budgets.running(), (0, 0));
}

#[test]
fn many_hosts_keep_others_out_for_an_hour_at_most() {
    let budgets = Budgets::new(Limits::default());
    let now = Instant::now();
    let visit = |number: usize, at: Instant| {
        let client = IpAddr::from(Ipv4Addr::from_bits(u32::try_from(number << 8).unwrap()));
        budgets.admit_at(client, &target(&format!("host{number}.test{number}.org")), at).map(drop)
    };
    for number in 0..MAX_ACCOUNTS / 2 {
        visit(number, now).unwrap();
    }
    assert_eq!(visit(20_001, now).unwrap_err().rule, rules::INSTANCE_BUSY);
    assert!(visit(20_001, now + HOUR).is_ok());
}
