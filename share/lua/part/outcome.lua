-- SPDX-License-Identifier: ISC
-- What becomes of a claimed job (T4, T5, T6), by the word of its worker. Where
-- it goes, that it has left `run` is the caller's to see to.
local function count_done()
  count('completed')
  count_minute('d')
end

-- The same as done() for a job that is done at its first attempt, without taking
-- its record apart; false for any other, and for another's token.
local function done_at_once(id, text, token, how, detail, result)
  local since, new, header = first_attempt(text, token, how, detail)
  if not since then return false end
  count_span('r', now - since)
  count_done()
  lay_down(id, new, header, result, gather)
  return true
end

local function done(id, r, result)
  r[REASON], r[ROW] = '', '0'
  count_done()
  to_done(id, r, result, gather)
end

local function reason_of(detail)
  return string.match(detail, '^%S+ %S+ %S+ %S+ %S+ ([^\n]*)') or ''
end

local function fail(id, r, delay, limit, reason)
  r[ATTEMPTS] = r[ATTEMPTS] + 1
  r[ROW] = 0
  count('failed')
  count_minute('f')
  if stopped(id, r) then return end
  if r[ATTEMPTS] >= limit then
    count('failed_dead')
    return to_dead(id, r, reason)
  end
  r[REASON] = reason
  note_due(r, now + delay)
  call('HSET', JOB, id, record_text(r))
  make_due(RTY, id, now + delay, score_priority(r[SCORE]))
end

local function release(id, r, delay)
  r[RELEASES] = r[RELEASES] + 1
  count('released')
  if stopped(id, r) then return end
  r[ROW] = r[ROW] + (delay > 0 and 1 or 0)
  if r[ROW] > setting('max_releases') then
    return to_dead(id, r, 'deferred more than ' .. (r[ROW] - 1) ..
      ' times in a row')
  end
  if delay > 0 then note_due(r, now + delay) end
  call('HSET', JOB, id, record_text(r))
  if delay > 0 then
    make_due(DLY, id, now + delay, score_priority(r[SCORE]))
  else
    make_ready(id, tonumber(r[SCORE]))
  end
end
