//! Output of the real programs, made in network namespaces and by servers of the tests
//! (traceroute 2.1, mtr 0.95, tcpdump 4.99, MariaDB 10.11, Redis 7.0).

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on may stop")]

use super::{rest, says};

macro_rules! output {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/data/output/", $name))
    };
}

#[test]
fn a_trace_says_who_says_no_and_how_far_it_came() {
    let head = "traceroute to 10.77.1.2 (10.77.1.2), 30 hops max, 60 byte packets\n 1  10.77.0.1  0.057 ms  0.005 ms  0.005 ms\n";
    says(
        &format!("{head} 2  10.77.0.1  0.009 ms !X  0.004 ms !X  0.005 ms !X\n"),
        &["path.result=rejected"],
    );
    says(&format!("{head} 2  * * *\n 3  * 10.77.0.1  0.057 ms !X *\n"), &["path.result=rejected"]);
    says(
        &format!("{head} 2  10.77.0.1  3081.077 ms !H  3081.062 ms !H  3081.056 ms !H\n"),
        &["tcp.result=unreachable"],
    );
    says(
        &format!("{head} 2  * * *\n 3  10.77.1.2  0.065 ms  0.007 ms  0.007 ms\n"),
        &["path.result=reaches"],
    );
    // Behind some hop nobody says anything: a filter or routers that are shy; that is no evidence.
    says(&format!("{head} 2  * * *\n 3  * * *\n 4  * * *\n"), &[]);
    let there = "  10.77.0.1  0.007 ms  0.008 ms  0.007 ms\n";
    let back = "  10.77.1.2  0.009 ms  0.009 ms  0.009 ms\n";
    let turns = [2, 3, 4, 5, 6, 7]
        .map(|hop| format!(" {hop}{}", if hop % 2 == 0 { back } else { there }))
        .concat();
    says(&format!("{}{turns}", head.replace("10.77.1.2", "10.90.1.2")), &["path.result=loops"]);
    let windows = "Tracing route to example.com [203.0.113.9]\nover a maximum of 30 hops:\n\n  1    <1 ms    <1 ms    <1 ms  192.168.1.1 \n  2     *        *        *     Request timed out.\n  3    12 ms    11 ms    12 ms  203.0.113.9 \n\nTrace complete.\n";
    says(windows, &["path.result=reaches"]);
    assert!(!rest(windows).contains("Request timed out"));
}

#[test]
fn every_form_of_mtr_has_its_last_hop() {
    says(output!("mtr.json"), &["loss=none"]);
    assert_eq!(rest(output!("mtr.json")).trim(), "");
    says(&output!("mtr.json").replacen("\"Loss%\": 0.0", "\"Loss%\": 80.0", 1), &["loss=none"]);
    let worse: String = output!("mtr.json").chars().rev().collect();
    let worse =
        worse.replacen("0.0 :\"%ssoL\"", "0.21 :\"%ssoL\"", 1).chars().rev().collect::<String>();
    says(&format!("$ mtr --json a\n{worse}$ \n"), &["loss=much"]);
    let csv = "Mtr_Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt, ,Last,Avg,Best,Wrst,StDev,\nMTR.0.95,1795874693,OK,10.77.1.2,1,10.77.0.1,60.00,5,0,0.06,0.06,0.06,0.07,0.00\nMTR.0.95,1795874693,OK,10.77.1.2,2,10.77.1.2,2.00,50,0,0.06,0.06,0.06,0.06,0.00\n";
    says(csv, &["loss=little"]);
    let silent = "HOST: vm                          Loss%   Snt   Last   Avg  Best  Wrst StDev\n  1.|-- 10.77.0.1                  0.0%     5    0.1   0.1   0.1   0.1   0.0\n  2.|-- ???                       100.0     5    0.0   0.0   0.0   0.0   0.0\n";
    says(silent, &["loss=blocked"]);
}

#[test]
fn a_dump_on_the_screen_says_who_hung_up() {
    says(
        output!("tcpdump.txt"),
        &[
            "tcp.result=connected",
            "tcp.result=refused",
            "tcp.result=prohibited",
            "tcp.result=timeout",
            "closer=server_rst",
        ],
    );
    let all: Vec<&str> = output!("tcpdump.txt").lines().collect();
    // The first connection alone: an orderly end three seconds after the answer.
    says(&all[..8].join("\n"), &["tcp.result=connected"]);
    let later = all[..8].join("\n").replace("14:43:42.35", "14:44:39.31");
    says(&later, &["tcp.result=connected", "closer=server_fin", "seconds=60"]);
    says(all[13], &["closer=server_rst"]);
    says(&all[12..14].join("\n").replace(" 14:43:42.397", " 14:43:43.397"), &["closer=server_rst"]);
    let again = all[3].to_owned() + "\n";
    says(&again.repeat(4), &["closer=nobody"]);
    says(&again.repeat(3), &[]);
}

#[test]
fn limits_of_a_shell_need_a_count_beside_them() {
    says(output!("ulimit.txt"), &[]);
    assert!(!rest(output!("ulimit.txt")).contains("open files"));
    says("$ ulimit -n\n1024\n$ ls /proc/812/fd | wc -l\n1021\n", &["limit=files"]);
    says("$ ulimit -n\n1024\n$ ls /proc/812/fd | wc -l\n97\n", &["limit≠files"]);
    says("fs.file-nr = 2466000\t0\t2466190", &["limit=files"]);
    says("fs.file-nr = 2297\t0\t2466190", &[]);
}

#[test]
fn connection_tracking_as_its_own_program_says_it() {
    says(
        "$ sudo conntrack -C\n262100\n$ sysctl net.netfilter.nf_conntrack_max\nnet.netfilter.nf_conntrack_max = 262144",
        &["limit=conntrack"],
    );
    let cpu = "cpu=0   \tfound=27 invalid=130 insert=0 insert_failed=0 drop=8 early_drop=8 error=0 search_restart=0 ";
    says(cpu, &["limit=conntrack"]);
    says(&cpu.replace("drop=8", "drop=0"), &["limit≠conntrack"]);
}

#[test]
fn a_list_of_settings_speaks_of_no_trouble() {
    let list = "net.core.somaxconn = 4096\nnet.ipv4.tcp_keepalive_time = 7200\nnet.ipv4.tcp_syncookies = 1\nnet.ipv4.tcp_retries2 = 15\n";
    assert_eq!(rest(list).trim(), "");
    assert!(rest("net.core.somaxconn = 128\n").contains("somaxconn"));
}

#[test]
fn waiting_sockets_of_a_summary_are_held_against_the_range() {
    says(
        "Total: 41\nTCP:   28010 (estab 15, closed 27900, orphaned 0, timewait 27890)\nnet.ipv4.ip_local_port_range = 32768\t60999\n",
        &["socket_state=time_wait", "limit=ports"],
    );
}

#[test]
fn status_of_a_database_in_both_forms() {
    says(output!("mariadb-status.txt"), &["limit≠db_connections"]);
    assert!(!rest(output!("mariadb-status.txt")).contains("Aborted_clients"));
    let vertical = "*************************** 1. row ***************************\nVariable_name: Max_used_connections\n        Value: 151\n*************************** 2. row ***************************\nVariable_name: max_connections\n        Value: 151\n";
    says(vertical, &["limit=db_connections"]);
    says(output!("mariadb-status-g.txt"), &[]);
    let aborted = |count: u32| format!("| Aborted_clients | {count} |\n| Connections | 5000 |\n");
    assert!(!rest(&aborted(100)).contains("Aborted"));
    assert!(rest(&aborted(900)).contains("Aborted"));
}

#[test]
fn answers_of_a_cache_in_both_forms() {
    let config = output!("redis-config.txt");
    says(&format!("{config}connected_clients:50\n"), &["limit=db_connections"]);
    says(&format!("{config}connected_clients:3\n"), &["limit≠db_connections"]);
    says("1) \"maxclients\"\n2) \"50\"\nconnected_clients:50\n", &["limit=db_connections"]);
    let memory = "used_memory:104000000\nmaxmemory:104857600\nmaxmemory_policy:noeviction\n";
    says(memory, &["limit=memory"]);
    says(&memory.replace("noeviction", "allkeys-lru"), &[]);
    says(&memory.replace("maxmemory:104857600", "maxmemory:0"), &[]);
}
