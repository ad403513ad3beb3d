#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- claim, version 1. T2: the next jobs come under a lease and a fresh token.
-- One script, because leaving `rdy` and entering `run` must not be seen apart.
-- KEYS  the queue's keys
-- ARGV  1 worker instance (random), 2 request number (rising), 3 most jobs
-- Returns OK (without a job: ask again), SAME (this request again: the jobs it
-- got), STALE (an older one), PAUSED or NONE, then the ms until something is
-- due, the lease in ms, the epoch, the history (this claim in it); then 4 for
-- each job: id, token, record, envelope.
-- O(jobs · log n), at most 100 jobs and about 4 MiB beyond the first.
--@ base
--@ gather
--@ record
--@ ready
--@ finish
--@ lease
--@ tick
--@ touch

local worker, request = ARGV[1], tonumber(ARGV[2])
local most = math.min(tonumber(ARGV[3]), 100)
local lease = setting('lease')
local m = call('HMGET', META, 'epoch', 'paused', 'fence', 'pushed', 'claimed')
local answer = {'NONE', 0, int(lease), m[1] or '', history(m[4], m[5])}

local function give(id, token, line, envelope)
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = id, token, line
  answer[n + 4] = envelope
end

local last = call('HGET', WRK, 'c:' .. worker)
local last_request = tonumber(string.match(last or '', '^%d+')) or 0
if last == 'closed' or request < last_request then
  answer[1] = 'STALE'
  return answer
end
if request == last_request then
  answer[1] = 'SAME'
  for id in string.gmatch(last, ' (%S+)') do
    local text, envelope = call('HGET', JOB, id), call('HGET', PAY, id)
    local r = text and record_parse(text)
    if envelope and r and string.sub(r[TOKEN], -#worker) == worker then
      give(id, r[TOKEN], string.match(text, '^[^\n]*'), envelope)
    end
  end
  return answer
end

touch_all()
local idle, lease_end = tick(lease), int(now + lease)

-- Take a job out of `rdy`; true if it may run.
local function take(id, score, fence, text, envelope)
  gather('ZREM', RDY, id)
  if not envelope then return orphaned(id) end
  local r = text and record_parse(text) or record_new(header_of(envelope))
  local expires = tonumber(string.match(r[HEADER], '^%S+ %S+ (%d+)')) or 0
  r[SCORE] = int(tonumber(score))
  if expires > 0 and expires < now then
    count('expired')
    return to_dead(id, r, 'expired before it was started', 'expired')
  end
  if tonumber(r[DELIVERIES]) == 0 then
    count_span('w', now - waiting_since(r))
  end
  r[TOKEN] = int(fence) .. '.' .. worker
  r[SINCE] = now_text
  r[DELIVERIES] = r[DELIVERIES] + 1
  local line = record_line(r)
  gather('HSET', JOB, id, record_text(r, line))
  gather('ZADD', RUN, lease_end, id)
  emit('claimed', id, 'worker', events and worker_name(worker), 'start', r[DELIVERIES])
  give(id, r[TOKEN], line, envelope)
  return true
end

local taken = {int(request)}
if m[2] then
  answer[1] = 'PAUSED'
elseif most > 0 then
  local fence, bytes = math.max((tonumber(m[3]) or 0), micros), 0
  -- what has expired gives way to what stands behind it, 100 looks in all
  local looked, full = 0, false
  while #taken <= most and looked < 100 and not full do
    local n = math.min(most - #taken + 1, 100 - looked)
    local list = call('ZRANGE', RDY, 0, n - 1, 'WITHSCORES')
    if #list == 0 then break end
    local ids = every_second(list)
    local texts = call('HMGET', JOB, unpack(ids))
    for i, id in ipairs(ids) do
      local envelope = call('HGET', PAY, id)
      full = bytes > 0 and bytes + #(envelope or '') > 4194304
      if full then break end
      looked, fence = looked + 1, fence + 1
      if take(id, list[2 * i], fence, texts[i], envelope) then
        bytes, taken[#taken + 1] = bytes + #envelope, id
      end
    end
    write_gathered()
  end
  if #taken > 1 then
    answer[1] = 'OK'
    answer[5] = history(m[4], (m[5] or 0) + #taken - 1)
    count('claimed', #taken - 1)
    call('HSET', META, 'fence', int(fence))
  end
  -- somebody's turn, if there is more than this one could take; its own again,
  -- if all it met had expired
  if looked > 0 and call('ZCARD', RDY) > 0 then
    answer[1] = 'OK'
    woken = woken + 1
  end
end
call('HSET', WRK, 'c:' .. worker, table.concat(taken, ' '))
answer[2] = int(idle)
write_wakes()
write_counters()
return answer
