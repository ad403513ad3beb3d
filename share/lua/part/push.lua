-- SPDX-License-Identifier: ISC
-- How a job comes into being, for push and for the ticks of schedules: payload
-- and place in one step. What it reads is read here, before the first write.
local max_len = setting('max_len')
local waiting = call('ZCARD', RDY) + call('ZCARD', DLY)
call('LLEN', WAKE)

-- A new queue gets its layout and an epoch.
local function found(epoch)
  if not layout then call('HSET', META, 'format', '1', 'epoch', epoch) end
end

local function is_known(id)
  return call('HEXISTS', JOB, id) == 1 or call('HEXISTS', PAY, id) == 1
end

-- Whether one job more, after `leaving` ones have gone, is too many.
local function is_full(leaving)
  return max_len > 0 and waiting - leaving >= max_len
end

-- `when` is "0", "+MS" from now or "@MS" since the epoch.
local function due_at(when)
  if when == '0' then return 0 end
  local at = tonumber(string.match(when, '%d+'))
  return string.sub(when, 1, 1) == '+' and now + at or at
end

local function place(id, at, priority, write)
  if at > now then
    make_due(DLY, id, at, priority)
  else
    make_ready(id, new_score(priority), write)
  end
end

-- A job whose id is new and for which there is room. `expiry` is in ms from
-- now, 0 = never; `options` are words, each after a blank; `write` is gather
-- where there are many.
local function push(id, digest, priority, when, expiry, options, payload, write)
  local expires = expiry > 0 and int(now + expiry) or '0'
  local at = due_at(when)
  if at > now then options = options .. ' a=' .. int(at) end
  write = write or call
  write('HSET', PAY, id, table.concat({'1', now_text, expires, #payload,
    digest}, ' ') .. options .. '\n' .. payload)
  emit('pushed', id, 'name', events and string.match(options, ' n=(%S+)') or '')
  place(id, at, priority, write)
  waiting = waiting + 1
  count('pushed')
  count_minute('p')
end
