-- One request, built once. After `--`: the method, and a folder with the files "headers" and "body".
local request_bytes

function init(args)
  wrk.method = args[1]
  for line in io.lines(args[2] .. "/headers") do
    local name, value = line:match("^(.-): (.*)$")
    wrk.headers[name] = value
  end
  local file = io.open(args[2] .. "/body", "rb")
  wrk.body = file:read("*a")
  file:close()
  request_bytes = wrk.format(nil, wrk.path)
end

function request()
  return request_bytes
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
