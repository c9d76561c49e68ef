"""What each metric measures, in words: this the code does not say."""

MEASURED = {
    "outage_s": "longest time without a successful operation of a kind; lower and upper bound",
    "outages": "how many outages were seen; the upper bound counts long silences, too",
    "acknowledged_lost": "writes of all witnesses, acknowledged and not read back from the primary",
    "unexpected": "values read back that no witness wrote",
    "unknown": "writes of all witnesses that were never answered",
    "stayed_acknowledged_s": "how long after the first fault had landed, and before the first "
    "healing, a client that is told of no change still got a write acknowledged",
    "stayed_lost": "writes of that client, acknowledged and lost in the end",
    "write_error_ratio": "writes of the witness that did not succeed, over all that it sent",
    "read_error_ratio": "reads of the witness that did not succeed, over all that it sent",
    "write_error_ratio_fault": "writes of the witness that did not succeed, over all that it sent "
    "while a fault was in place",
    "read_error_ratio_fault": "reads of the witness that did not succeed, over all that it sent "
    "while a fault was in place",
    "memory_ratio_max": "fullest memory of any server: of its own limit, or its control group's",
    "cpu_ratio_max": "most CPU time of any server within a second, of what it is allowed",
    "throttled_ratio_max": "share of the periods of its CPU quota in which a server had to wait, "
    "within a second",
    "files_ratio_max": "most open files of any server, of those it may have",
    "connections_ratio_max": "most connections to any server, of those it accepts",
    "disk_ratio_max": "fullest disk where any server keeps its data",
    "inodes_ratio_max": "most inodes in use where any server keeps its data, of those there are",
    "memory_leaks": "servers whose memory only ever grew",
    "files_leaks": "servers whose open files only ever grew",
    "memory_leak_seen_ratio": "how full memory was when a leak could first be seen; no end if never",
    "files_leak_seen_ratio": "the same of open files",
    "error_ratio": "failed and dropped arrivals, over all that were planned",
    "dropped_ratio": "arrivals that could not be sent, over all that were planned",
    "latency_ms_p50": "half of the arrivals were answered faster, from the intended time",
    "latency_ms_p95": "95 % of the arrivals were answered faster, from the intended time",
    "latency_ms_p99": "99 % of the arrivals were answered faster, from the intended time",
}
