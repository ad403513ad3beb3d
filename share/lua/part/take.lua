-- SPDX-License-Identifier: ISC
-- Jobs leave `rdy` for `run`, into the answer to a claim: at most 100 of them and
-- about 256 KiB beyond the first, so that it takes a millisecond or so.
local function give(answer, id, token, line, envelope)
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = id, token, line
  answer[n + 4] = envelope
end

-- The jobs that an answer which was lost has given.
local function give_again(answer, worker, last)
  answer[1] = 'SAME'
  for id in string.gmatch(last, ' (%S+)') do
    local text, envelope = call('HGET', JOB, id), call('HGET', PAY, id)
    local r = text and record_parse(text)
    if envelope and r and string.sub(r[TOKEN], -#worker) == worker then
      give(answer, id, r[TOKEN], string.match(text, '^[^\n]*'), envelope)
    end
  end
  return answer
end

-- The record of a job that starts, and the first line of it.
local function started(r, header, token, score)
  if not r then
    count_span('w', now - pushed_or_due(header))
    local line = first_line(token, score)
    return line .. '\n' .. header .. '\n', line
  end
  if tonumber(r[DELIVERIES]) == 0 then
    count_span('w', now - pushed_or_due(r[HEADER]))
  end
  r[TOKEN], r[SINCE], r[SCORE] = token, now_text, score
  r[DELIVERIES] = r[DELIVERIES] + 1
  local line = record_line(r)
  return record_text(r, line), line
end

-- Take a job out of `rdy`; true if it may run.
local lease_end
local function take(answer, worker, id, score, fence, text, envelope)
  gather('ZREM', RDY, id)
  if not envelope then return orphaned(id) end
  local r = text and record_parse(text)
  local header = r and r[HEADER] or header_of(envelope)
  local expires = tonumber(string.match(header, '^%S+ %S+ (%d+)')) or 0
  score = int(tonumber(score))
  if expires > 0 and expires < now then
    count('expired')
    r = r or record_new(header)
    r[SCORE] = score
    return to_dead(id, r, 'expired before it was started', 'expired')
  end
  local token = int(fence) .. '.' .. worker
  local record, line = started(r, header, token, score)
  gather('HSET', JOB, id, record)
  lease_end = lease_end or int(now + setting('lease'))
  gather('ZADD', RUN, lease_end, id)
  emit('claimed', id, 'worker', events and worker_name(worker), 'start',
    r and r[DELIVERIES] or 1)
  give(answer, id, token, line, envelope)
  return true
end

-- Up to `most` jobs; their ids, and how many were looked at. What has expired
-- gives way to what stands behind it, 100 looks in all.
local function take_some(answer, worker, most, fence)
  local ids, looked, bytes, full = {}, 0, 0, false
  while #ids < most and looked < 100 and not full do
    local n = math.min(most - #ids, 100 - looked)
    local list = call('ZRANGE', RDY, 0, n - 1, 'WITHSCORES')
    if #list == 0 then break end
    local next_ids = every_second(list)
    local texts = call('HMGET', JOB, unpack(next_ids))
    for i, id in ipairs(next_ids) do
      local envelope = call('HGET', PAY, id)
      full = bytes > 0 and bytes + #(envelope or '') > 262144
      if full then break end
      looked = looked + 1
      if take(answer, worker, id, list[2 * i], fence + looked, texts[i],
          envelope) then
        bytes, ids[#ids + 1] = bytes + #envelope, id
      end
    end
    write_gathered()
  end
  if #ids > 0 then store('fence', int(fence + looked)) end
  return ids, looked
end
