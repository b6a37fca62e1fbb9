//! The core of `hangup collect` where the program is not installed: one line of POSIX shell.

/// One line to paste into a shell: sockets by state, listening sockets, counters, settings, open files
/// and what the kernel says of broken connections, in the shape that [`super::read_output`] reads.
///
/// It reads only, needs no root (without it the kernel's log may be missing), and uses `/proc` where
/// the programs of iproute2 are missing. Numbers 01 to 0B of `/proc/net/tcp` are the states of
/// include/net/tcp_states.h.
pub const COLLECT_SCRIPT: &str = concat!(
    "{ echo '# TCP sockets by state'; ",
    "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '",
    "BEGIN{split(\"ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSE CLOSE-WAIT LAST-ACK LISTEN CLOSING\",n,\" \");",
    "for(i=1;i<=11;i++)s[sprintf(\"%02X\",i)]=n[i]}",
    "$4 in s{c[s[$4]]++}END{for(k in c)printf \"%7d %s\\n\",c[k],k}'; ",
    "echo; echo '# listening sockets'; ss -ltn 2>/dev/null | grep LISTEN; ",
    "echo; echo '# counters since the start of the machine'; ",
    "cat /proc/net/snmp /proc/net/netstat 2>/dev/null | awk '",
    "{if($1 in h){g=$1;sub(/:/,\"\",g);split(h[$1],k,\" \");for(i=2;i<=NF;i++){n=g k[i];",
    "if(n~/^(TcpOutSegs|TcpRetransSegs|TcpEstabResets|TcpAttemptFails|TcpExt(ListenOverflows|ListenDrops|TCPReqQFull.*|SyncookiesSent|TCPAbortOn.*|TCPTimeouts))$/)",
    "printf \"%-32s%-20s0.0\\n\",n,$i}}else h[$1]=$0}'; ",
    "echo; echo '# settings'; ",
    "for k in net/netfilter/nf_conntrack_count net/netfilter/nf_conntrack_max ",
    "net/netfilter/nf_conntrack_tcp_timeout_established net/core/somaxconn net/ipv4/tcp_max_syn_backlog ",
    "net/ipv4/ip_local_port_range net/ipv4/tcp_keepalive_time net/ipv4/tcp_keepalive_intvl ",
    "net/ipv4/tcp_keepalive_probes net/ipv4/tcp_fin_timeout net/ipv4/tcp_retries2 fs/file-nr; ",
    "do [ -r /proc/sys/$k ] && echo \"$(echo $k | tr / .) = $(tr '\\t' ' ' </proc/sys/$k)\"; done; ",
    "echo; echo '# open files of the processes closest to their limit'; ",
    "for p in /proc/[0-9]*; do n=$(ls $p/fd 2>/dev/null | wc -l); ",
    "m=$(awk '/^Max open files/{print $4}' $p/limits 2>/dev/null); ",
    "[ \"${m:-0}\" -gt 0 ] 2>/dev/null && [ \"$n\" -gt 0 ] && echo \"$((n*1000/m)) $n $p\"; done | sort -rn | head -3 | ",
    "while read -r s n p; do echo \"# $(cat $p/comm)\"; grep '^Max open files' $p/limits; echo $n; done; ",
    "echo; echo '# kernel log'; dmesg 2>/dev/null | ",
    "grep -iE 'out of memory|oom-kill|table full|syn flooding|segfault|link is down|too many open files' | tail -n 20; }"
);
