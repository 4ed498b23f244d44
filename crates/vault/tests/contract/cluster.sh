# Makes a PostgreSQL cluster in a folder of its own and starts it; says where it is, and obeys: `kill` kills every process of it at
# once, as a crash would, and `start` starts it again; `hang` stops them all where they are, and `go` lets them go on. When its
# input ends, which it does with the test program however that ends, the cluster goes away.
# Arguments: the folder of PostgreSQL's programs, where to make the folder, the port that names the socket.
set -eu
bin=$1
port=$3
listen=
export PGPORT=$port
dir=$(mktemp -d "$2/keyward-test-XXXXXX")
server=
finish() { if [ -n "$server" ]; then kill -QUIT "$server" 2>/dev/null || :; wait "$server" 2>/dev/null || :; fi; rm -rf "$dir"; }
trap finish EXIT
# The test program is stopped with the terminal; this shell ends when its input does.
trap : INT TERM
"$bin/initdb" --no-sync --auth=trust --locale=C --encoding=UTF8 --username=keyward --pgdata="$dir/data" >"$dir/initdb.log" 2>&1 \
  || { cat "$dir/initdb.log" >&2; exit 1; }
if [ -n "${TEST_CERTIFICATE:-}" ]; then
  listen=127.0.0.1
  umask 077
  printf '%s' "$TEST_CERTIFICATE" >"$dir/data/server.crt"
  printf '%s' "$TEST_KEY" >"$dir/data/server.key"
  echo 'ssl = on' >>"$dir/data/postgresql.conf"
fi
start() {
  "$bin/postgres" -D "$dir/data" -c listen_addresses=$listen -p "$port" -c unix_socket_directories="$dir" -c max_connections=400 -c shared_buffers=32MB \
    -c autovacuum=off -c log_min_messages=fatal >>"$dir/server.log" 2>&1 </dev/null &
  server=$!
  n=0
  until "$bin/pg_isready" -q -h "$dir" -U keyward; do
    n=$((n + 1))
    [ $n -lt 600 ] || { cat "$dir/server.log" >&2; exit 1; }
    sleep 0.05
  done
}
start
echo "$dir"
while read -r word; do
  case $word in
  kill)
    # The children first learn of the crash here, all at once.
    kill -9 "$server" $(cat "/proc/$server/task/$server/children" 2>/dev/null || :) 2>/dev/null || :
    wait "$server" 2>/dev/null || :
    server=
    echo killed ;;
  start) start; echo started ;;
  hang) kill -STOP "$server" $(cat "/proc/$server/task/$server/children"); echo hung ;;
  go) kill -CONT "$server" $(cat "/proc/$server/task/$server/children"); echo gone ;;
  esac
done
