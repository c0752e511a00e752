package supervise

// decisions lists every phase with every kind of event: phase, event, next phase, actions.
const decisions = `
idle        begun         deciding    decide
idle        begun, hooks  hooking     hook
idle        SIGTERM       impossible
idle        SIGINT        impossible
idle        SIGHUP        impossible
idle        SIGQUIT       impossible
idle        SIGUSR1       impossible
idle        SIGTSTP       impossible
idle        SIGCONT       impossible
idle        SIGUSR2       impossible
idle        signal 40     impossible
idle        suspended 20  impossible
idle        approved      impossible
idle        denied 55     impossible
idle        reported      impossible
idle        exited 7      impossible
idle        killed 9      impossible
idle        refused       impossible
idle        crowded       impossible
idle        alone         impossible
idle        expired       impossible
idle        due           impossible

hooking     begun         impossible
hooking     begun, hooks  impossible
hooking     SIGTERM       ending      kill, arm 500ms, reap
hooking     SIGINT        ending      kill, arm 500ms, reap
hooking     SIGHUP        ending      kill, arm 500ms, reap
hooking     SIGQUIT       ending      kill, arm 500ms, reap
hooking     SIGUSR1       hooking     say nothing to restart: the command is still starting
hooking     SIGTSTP       hooking     suspendself
hooking     SIGCONT       hooking     forward 18
hooking     SIGUSR2       hooking     keep 12
hooking     signal 40     hooking     keep 40
hooking     suspended 20  hooking     suspend 20
hooking     approved      running     start
hooking     denied 55     failing     arm 1s
hooking     reported      impossible
hooking     exited 7      deciding    decide
hooking     killed 9      ending      kill, arm 500ms, reap
hooking     refused       impossible
hooking     crowded       hooking
hooking     alone         hooking
hooking     expired       impossible
hooking     due           hooking

deciding    begun         impossible
deciding    begun, hooks  impossible
deciding    SIGTERM       ending      kill, arm 500ms, reap
deciding    SIGINT        ending      kill, arm 500ms, reap
deciding    SIGHUP        ending      kill, arm 500ms, reap
deciding    SIGQUIT       ending      kill, arm 500ms, reap
deciding    SIGUSR1       deciding    say nothing to restart: the command is still starting
deciding    SIGTSTP       deciding    suspendself
deciding    SIGCONT       deciding
deciding    SIGUSR2       deciding    keep 12
deciding    signal 40     deciding    keep 40
deciding    suspended 20  impossible
deciding    approved      running     start
deciding    denied 55     failing     arm 1s
deciding    reported      impossible
deciding    exited 7      impossible
deciding    killed 9      impossible
deciding    refused       impossible
deciding    crowded       deciding
deciding    alone         deciding
deciding    expired       impossible
deciding    due           deciding

failing     begun         impossible
failing     begun, hooks  impossible
failing     SIGTERM       ending      kill, arm 500ms, reap
failing     SIGINT        ending      kill, arm 500ms, reap
failing     SIGHUP        ending      kill, arm 500ms, reap
failing     SIGQUIT       ending      kill, arm 500ms, reap
failing     SIGUSR1       failing
failing     SIGTSTP       failing
failing     SIGCONT       failing
failing     SIGUSR2       failing
failing     signal 40     failing
failing     suspended 20  impossible
failing     approved      impossible
failing     denied 55     impossible
failing     reported      failing     arm 600ms
failing     exited 7      impossible
failing     killed 9      impossible
failing     refused       impossible
failing     crowded       failing
failing     alone         failing
failing     expired       ending      kill, arm 500ms, reap
failing     due           failing

running     begun         impossible
running     begun, hooks  impossible
running     SIGTERM       stopping    forward 15, forward 18, arm 8s
running     SIGINT        stopping    forward 2, forward 18, arm 8s
running     SIGHUP        running     forward 1
running     SIGQUIT       running     forward 3
running     SIGUSR1       restarting  forward 15, forward 18, arm 8s
running     SIGTSTP       running     forward 20
running     SIGCONT       running     forward 18
running     SIGUSR2       running     forward 12
running     signal 40     running     forward 40
running     suspended 20  running     suspend 20
running     approved      impossible
running     denied 55     failing     arm 1s
running     reported      impossible
running     exited 7      ending      kill, arm 500ms, reap
running     killed 9      ending      kill, arm 500ms, reap
running     refused       resting     say trying again in 1s, arm 1s
running     crowded       running
running     alone         running
running     expired       impossible
running     due           running     chore

stopping    begun         impossible
stopping    begun, hooks  impossible
stopping    SIGTERM       stopping    forward 15, forward 18
stopping    SIGINT        stopping    forward 2, forward 18
stopping    SIGHUP        stopping    forward 1
stopping    SIGQUIT       stopping    forward 3
stopping    SIGUSR1       stopping
stopping    SIGTSTP       stopping    forward 20
stopping    SIGCONT       stopping    forward 18
stopping    SIGUSR2       stopping    forward 12
stopping    signal 40     stopping    forward 40
stopping    suspended 20  stopping
stopping    approved      impossible
stopping    denied 55     impossible
stopping    reported      impossible
stopping    exited 7      ending      kill, arm 500ms, reap
stopping    killed 9      ending      kill, arm 500ms, reap
stopping    refused       impossible
stopping    crowded       stopping
stopping    alone         stopping
stopping    expired       stopping    kill, say did not stop within 8s: killed
stopping    due           stopping

restarting  begun         impossible
restarting  begun, hooks  impossible
restarting  SIGTERM       stopping    forward 15, forward 18
restarting  SIGINT        stopping    forward 2, forward 18
restarting  SIGHUP        restarting  forward 1
restarting  SIGQUIT       restarting  forward 3
restarting  SIGUSR1       restarting
restarting  SIGTSTP       restarting  forward 20
restarting  SIGCONT       restarting  forward 18
restarting  SIGUSR2       restarting  forward 12
restarting  signal 40     restarting  forward 40
restarting  suspended 20  restarting
restarting  approved      impossible
restarting  denied 55     impossible
restarting  reported      impossible
restarting  exited 7      clearing    kill, arm 500ms
restarting  killed 9      clearing    kill, arm 500ms
restarting  refused       impossible
restarting  crowded       restarting
restarting  alone         restarting
restarting  expired       restarting  kill, say did not stop within 8s: killed
restarting  due           restarting

clearing    begun         impossible
clearing    begun, hooks  impossible
clearing    SIGTERM       ending      kill, arm 500ms, reap
clearing    SIGINT        ending      kill, arm 500ms, reap
clearing    SIGHUP        ending      kill, arm 500ms, reap
clearing    SIGQUIT       ending      kill, arm 500ms, reap
clearing    SIGUSR1       clearing    say nothing to restart: the command is still starting
clearing    SIGTSTP       clearing    suspendself
clearing    SIGCONT       clearing
clearing    SIGUSR2       clearing    keep 12
clearing    signal 40     clearing    keep 40
clearing    suspended 20  clearing
clearing    approved      impossible
clearing    denied 55     impossible
clearing    reported      impossible
clearing    exited 7      impossible
clearing    killed 9      impossible
clearing    refused       impossible
clearing    crowded       clearing    kill
clearing    alone         resting     arm
clearing    expired       resting     say some processes could not be killed in time, arm
clearing    due           clearing

resting     begun         impossible
resting     begun, hooks  impossible
resting     SIGTERM       ended       finish 143
resting     SIGINT        ended       finish 130
resting     SIGHUP        ended       finish 129
resting     SIGQUIT       ended       finish 131
resting     SIGUSR1       resting     say nothing to restart: the command is still starting
resting     SIGTSTP       resting     suspendself
resting     SIGCONT       resting
resting     SIGUSR2       resting     keep 12
resting     signal 40     resting     keep 40
resting     suspended 20  resting
resting     approved      impossible
resting     denied 55     impossible
resting     reported      impossible
resting     exited 7      impossible
resting     killed 9      impossible
resting     refused       impossible
resting     crowded       resting
resting     alone         resting
resting     expired       deciding    decide
resting     due           resting

ending      begun         impossible
ending      begun, hooks  impossible
ending      SIGTERM       ending
ending      SIGINT        ending
ending      SIGHUP        ending
ending      SIGQUIT       ending
ending      SIGUSR1       ending
ending      SIGTSTP       ending
ending      SIGCONT       ending
ending      SIGUSR2       ending
ending      signal 40     ending
ending      suspended 20  ending
ending      approved      ending
ending      denied 55     ending
ending      reported      ending
ending      exited 7      ending
ending      killed 9      ending
ending      refused       impossible
ending      crowded       ending      kill
ending      alone         ended       finish 3
ending      expired       ended       say some processes could not be killed in time, finish 3
ending      due           ending

ended       begun         ended
ended       begun, hooks  ended
ended       SIGTERM       ended
ended       SIGINT        ended
ended       SIGHUP        ended
ended       SIGQUIT       ended
ended       SIGUSR1       ended
ended       SIGTSTP       ended
ended       SIGCONT       ended
ended       SIGUSR2       ended
ended       signal 40     ended
ended       suspended 20  ended
ended       approved      ended
ended       denied 55     ended
ended       reported      ended
ended       exited 7      ended
ended       killed 9      ended
ended       refused       ended
ended       crowded       ended
ended       alone         ended
ended       expired       ended
ended       due           ended
`
