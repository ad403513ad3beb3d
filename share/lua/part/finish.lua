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
  emit(was_dropped(r) and 'dropped' or 'done', id)
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
