-- SPDX-License-Identifier: ISC
-- A job that is in one set: what in its record, score and result does not fit
-- there, and how it is put right. For mend.lua; changes `r` and says so.
local FORM = '^1 %d+ %d+ %d+ %S+'

-- What the counters of the record say about the deliveries.
local function deliveries(r)
  return r[ATTEMPTS] + r[LOSSES] + r[RELEASES] + r[ATTEMPTS_BEFORE] +
    r[LOSSES_BEFORE] + r[RELEASES_BEFORE]
end

local function sound_record(r, state, envelope, did)
  if r[TOKEN] ~= '-' and state ~= 'running' then
    did('the token of a lease that is over was removed')
    r[TOKEN] = '-'
  end
  local waits = state == 'ready' or state == 'delayed' or state == 'retry'
  if r[FLAGS] ~= '-' and
      (waits or not string.match(r[FLAGS], '^[cd]$')) then
    did('the order to stop it was removed')
    r[FLAGS] = '-'
  end
  local least = deliveries(r) + (state == 'running' and 1 or 0)
  local n = tonumber(r[DELIVERIES])
  if n ~= least and not (state == 'done' and n == least + 1) then
    did('its deliveries were set from ' .. n .. ' to ' .. least)
    r[DELIVERIES] = least
  end
  if envelope and not string.match(r[HEADER], FORM) then
    local header = header_of(envelope)
    if string.match(header, FORM) then
      did('its header was taken from the payload')
      r[HEADER] = header
    end
  elseif state == 'done' and
      #(string.match(r[HEADER], '^1 %d+ %d+ %d+ (%S+)') or '') ~= 22 then
    did('its header was replaced: it says nothing about what was pushed')
    r[HEADER] = '1 ' .. r[SINCE] .. ' 0 0 ' .. string.rep('-', 22)
  end
end

local function priority_in(header)
  local p = tonumber(string.match(header, ' p=(-?%d+)')) or 0
  return p >= -9 and p <= 9 and p or 0
end

-- Whether a ready score is one that we gave: the place in one of the bands.
local function ready_score(score)
  local n = tonumber(score)
  local place = n and n % BAND
  return n and n == math.floor(n) and place > 0 and place <= BAND / 2 and
    math.abs(score_priority(n)) <= 9 and
    call('ZCOUNT', RDY, score, score) == 1
end

local function sound_score(id, state, score, header, did)
  if state == 'ready' and not ready_score(score) then
    make_ready(id, new_score(priority_in(header)))
    did('it was given a new place')
  elseif state == 'running' and
      not (tonumber(score) <= now + 2 * 3600000) then
    call('ZADD', RUN, int(now + setting('lease')), id)
    did('its lease ends in time now')
  end
end

-- The fences go on above every token that was given.
local function sound_fence(r, did)
  local most = math.max(tonumber(string.match(r[TOKEN], '^(%d+)%.')) or 0,
    tonumber(string.match(r[CLOSED], '^(%d+)%.')) or 0)
  if most > (tonumber(call('HGET', META, 'fence')) or 0) and most < 2 ^ 53 then
    call('HSET', META, 'fence', int(most))
    did('the fences go on from its token')
  end
end

-- Why a job that waits may not run again, or nil.
local function used_up(r)
  if not r then return nil end
  local most = tonumber(string.match(r[HEADER], ' m=(%d+)')) or math.huge
  if tonumber(r[ATTEMPTS]) >= most then return 'its attempts are used up' end
  if tonumber(r[LOSSES]) > math.max(setting('max_losses'),
      tonumber(call('HGET', META, 'max_losses_was')) or 0) then
    return 'poison: too many workers vanished while they ran it'
  end
end

-- The state that record and payload of a job support, of those that hold it,
-- and why it has to become dead; nil = there is nothing to run.
local function supported(places, text, r, envelope, held)
  if not envelope then
    if places.done and r then return 'done' end
    -- its worker has the payload and may still finish it
    if places.running and held and tonumber(places.running) > now then
      return 'running'
    end
    return nil
  end
  if text and not r then return 'dead', 'its record was damaged' end
  if places.running and held then return 'running' end
  for _, state in ipairs({'ready', 'retry', 'delayed'}) do
    if places[state] then return state, used_up(r) end
  end
  if places.dead then return 'dead' end
  if places.running then return 'ready' end
  if places.done and r then return 'done' end
  return 'dead', 'found without a state'
end
