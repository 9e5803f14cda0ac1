# Runs the command it is given until standard input ends, so that it never outlives its supervisor.
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ cat <&3 >/dev/null; kill -KILL "$server" 2>/dev/null; } &
exec 3<&-
wait "$server"
