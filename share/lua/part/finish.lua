-- SPDX-License-Identifier: ISC
-- The two ends of a job. `done` keeps a tombstone without payload, so that a
-- late copy of the push cannot bring it back; `dead` keeps all of it for
-- jq-retry. Who pushed with --wait is told on the queue's channel.
local CHANNEL = string.gsub(META, 'meta$', 'end')

local function tell(id, header, state)
  if string.find(header, ' w=1', 1, true) then
    call('PUBLISH', CHANNEL, state .. ' ' .. id)
  end
end

-- How an attempt ended, and after how long, for those who follow.
local WORDS = {done = 'ended', release = 'released'}
local function tell_end(kind, id, r, how, detail)
  if not events then return end
  local worker, reason = string.match(detail, '^%S+ %S+ %S+ %S+ (%S+) ?([^\n]*)')
  emit(WORDS[kind] or 'failed', id, 'last', how, 'run_ms',
    int(math.max(0, now - r[SINCE])), 'worker', worker or '', 'error',
    reason or '')
end

-- `text` is the record; `write` is gather where there are many.
local function lay_down(id, text, header, result, write)
  write('HSET', JOB, id, text)
  write('HDEL', PAY, id)
  if result ~= '' then write('HSET', OUT, id, result) end
  write('ZADD', DONE, now_text, id)
  count('done_bytes', #text + #result)
  tell(id, header, 'done')
end

local function to_done(id, r, result, write)
  local dropped = r[LAST] == 'deleted' or
    r[FLAGS] == 'd' and r[LAST] ~= 'exit:0'
  emit(dropped and 'dropped' or 'done', id)
  r[TOKEN] = '-'
  r[SINCE] = now_text
  lay_down(id, record_text(r), r[HEADER], result, write or call)
end

-- `word` says what became of it, for those who follow: dead unless given.
local function to_dead(id, r, reason, word)
  emit(word or 'dead', id, 'error', reason)
  r[TOKEN] = '-'
  r[SINCE] = now_text
  r[REASON] = reason
  local text = record_text(r)
  call('HSET', JOB, id, text)
  call('ZADD', DEAD, now_text, id)
  count('dead_in')
  count('dead_bytes', #text + call('HSTRLEN', PAY, id))
  tell(id, r[HEADER], 'dead')
end

-- An id without payload (tampered data) cannot run: nothing of it stays.
local function orphaned(id)
  count('orphan')
  call('HDEL', JOB, id)
  call('HDEL', PAY, id)
  call('HDEL', OUT, id)
end

-- An operator's word comes before a retry: c cancels, d deletes.
local function stopped(id, r)
  if r[FLAGS] == '-' then return false end
  if r[FLAGS] == 'd' then
    count('deleted')
    to_done(id, r, '')
  else
    to_dead(id, r, 'cancelled', 'cancelled')
  end
  return true
end

-- Forget the oldest of `set` that are too old, too many or too large; at most
-- `most` of them. `other` is where they have something beside their records:
-- done jobs a result (nil if none has any), dead ones a payload.
local function trim(set, name, most, other)
  local card = call('ZCARD', set)
  if card == 0 then return end
  local bytes = tonumber(call('HGET', META, name .. '_bytes')) or 0
  bytes = bytes + (counted[name .. '_bytes'] or 0)
  local oldest = now - setting('keep_' .. name)
  local max_jobs = setting('keep_' .. name .. '_jobs')
  local max_bytes = setting('keep_' .. name .. '_bytes')
  local ids, freed = {}, 0
  local function kept(score)
    return tonumber(score) >= oldest and card - #ids <= max_jobs and
      bytes - freed <= max_bytes
  end
  if kept(call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]) then return end
  local list = call('ZRANGE', set, 0, most - 1, 'WITHSCORES')
  for i = 1, #list, 2 do
    if kept(list[i + 1]) then break end
    ids[#ids + 1] = list[i]
    freed = freed + call('HSTRLEN', JOB, list[i])
    if other then freed = freed + call('HSTRLEN', other, list[i]) end
  end
  if #ids == 0 then return end
  call('ZREM', set, unpack(ids))
  call('HDEL', JOB, unpack(ids))
  if other then call('HDEL', other, unpack(ids)) end
  count('trimmed_' .. name, #ids)
  count('trimmed_' .. name .. '_bytes', freed)
  count(name .. '_bytes', -freed)
end

local function trim_all(most)
  trim(DONE, 'done', most, call('HLEN', OUT) > 0 and OUT or nil)
  trim(DEAD, 'dead', most, PAY)
end
