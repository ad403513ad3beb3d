-- SPDX-License-Identifier: ISC
-- The housekeeping that any live worker does inside its claim: outage check,
-- promotion, recovery, trimming, each of it bounded. No process of its own.
local MOST = 64

local function promote(set)
  local due = call('ZRANGEBYSCORE', set, '-inf', '(' .. int(now + 1),
    'WITHSCORES', 'LIMIT', 0, MOST)
  for i = 1, #due, 2 do
    call('ZREM', set, due[i])
    emit('ready', due[i])
    make_ready(due[i], new_score(due_priority(tonumber(due[i + 1]))))
  end
end

-- As people know it, while it is remembered.
local function worker_name(worker)
  return string.match(call('HGET', WRK, 'i:' .. worker) or '', '^%S+') or worker
end

-- T7: take a job back from a worker that vanished. The first loss runs again
-- at once and in its old place; later ones wait, so that a job which kills
-- its worker cannot sweep the fleet.
local function take_back(id)
  local r = record_of(id)
  call('ZREM', RUN, id)
  call('HDEL', LIVE, id)
  count('lost')
  if not r or call('HEXISTS', PAY, id) == 0 then return orphaned(id) end
  local _, _, worker = string.find(r[TOKEN], '%.(.*)$')
  r[LOSSES] = r[LOSSES] + 1
  worker = worker_name(worker or '-')
  emit('lost', id, 'worker', worker)
  record_attempt(r, 'lost', '0 0 0 0 ' .. worker ..
    ' the worker vanished\n')
  r[TOKEN] = '-'
  if r[LOSSES] > setting('max_losses') then
    return to_dead(id, r, 'poison: ' .. r[LOSSES] ..
      ' workers vanished while they ran it')
  end
  if stopped(id, r) then return end
  local wait = r[LOSSES] > 1 and 2 ^ r[LOSSES] * 5000 or 0
  if wait > 0 then note_due(r, now + wait) end
  call('HSET', JOB, id, record_text(r))
  if wait == 0 then return make_ready(id, tonumber(r[SCORE])) end
  make_due(RTY, id, now + wait, score_priority(r[SCORE]))
end

local function recover(lease, hold)
  -- a lease that ends later than any given now was given by a clock that has
  -- gone back since: its worker, if it lives, renews it in time
  for _, id in ipairs(call('ZRANGEBYSCORE', RUN,
      '(' .. int(now + 2 * longest_lease(lease)), '+inf', 'LIMIT', 0, MOST)) do
    call('ZADD', RUN, int(now + lease), id)
  end
  if now < hold then return end
  for _, id in ipairs(call('ZRANGEBYSCORE', RUN, '-inf', now_text,
      'LIMIT', 0, MOST)) do
    take_back(id)
  end
end

-- Nothing may be claimed for a worker any more. It is no longer alive, and
-- forgotten in five minutes, or in a lease if that is longer.
local function close_worker(worker)
  call('HSET', WRK, 'c:' .. worker, 'closed')
  call('HDEL', WRK, 'i:' .. worker)
  call('ZADD', SEEN, int(now - math.max(300000, setting('lease') + 1)), worker)
end

-- Nobody has followed the queue for minutes: what is on record goes.
local function forget_events()
  if not recorded or events then return end
  call('UNLINK', EVENTS)
  call('HDEL', META, 'recorded', 'recorded_since')
end

-- Per-minute counters stay a day; workers not seen for ten minutes go, unless
-- the lease is so long that their beats are as far apart.
local function forget(lease, hold)
  local minute = math.floor(now / 60000)
  local low = tonumber(call('HGET', META, 'minute_low'))
  if not low then store('minute_low', int(minute)) end
  if low and low < minute - 1440 then
    local upto = math.min(low + MOST, minute - 1440)
    for m = low, upto - 1 do
      call('HDEL', MIN, unpack(minute_fields(m)))
      call('HDEL', MIN, unpack(minute_fields(m, 'w:')))
      call('HDEL', MIN, unpack(minute_fields(m, 'r:')))
    end
    store('minute_low', int(upto))
  end
  -- after an outage, or a clock that jumped, the living come back first
  if now < hold then return end
  for _, worker in ipairs(call('ZRANGEBYSCORE', SEEN, '-inf',
      int(now - math.max(600000, 2 * lease)), 'LIMIT', 0, MOST)) do
    call('ZREM', SEEN, worker)
    call('HDEL', WRK, 'c:' .. worker, 'i:' .. worker)
  end
end

-- Returns when the next thing is due, in ms from now, 5000 at most. `tick` is
-- for those who check: what was due before it must have gone.
local function tick(lease, waited)
  local hold = outage_check(lease, waited)
  store('tick', now_text)
  promote(DLY)
  promote(RTY)
  recover(lease, hold)
  trim_all(MOST)
  forget(lease, hold)
  forget_events()
  local next_at = now + math.min(5000, lease / 3)
  for _, set in ipairs({DLY, RTY, RUN}) do
    local first = call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
    if first then next_at = math.min(next_at, math.floor(tonumber(first))) end
  end
  return math.max(0, next_at - now)
end
