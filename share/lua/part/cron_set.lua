-- SPDX-License-Identifier: ISC
-- Schedules coming, changing and going. `by` is who does it.
local rev
-- A clock that counts on: it rises even where the latest writes were lost.
local function cron_changed()
  if not rev then
    rev = int(math.max((tonumber(call('HGET', CRON, 'v')) or 0) + 1, micros))
    call('HSET', CRON, 'v', rev)
  end
end

local second = int(math.floor(now / 1000))

local function says(definition, option)
  return string.find(definition .. ' ', ' ' .. option .. ' ', 1, true) ~= nil
end

local function create(definition, source)
  local s = {rev, '-', source, now_text, now_text, second, '-', 0, 0, 0, 0, 0,
    '-', ''}
  cron_mark(s, 'c', says(definition, 'fire-on-create=yes'))
  cron_mark(s, 'p', says(definition, 'paused=yes'))
  return s
end

-- An edit starts anew from now; a pause by hand outlives one that says nothing
-- about it.
local function edit(s, definition, before)
  local paused = says(definition, 'paused=yes')
  if paused ~= says(before, 'paused=yes') then cron_mark(s, 'p', paused) end
  cron_mark(s, 'f', false)
  s[REV], s[EDITED] = rev, now_text
  s[TICK] = int(math.max(tonumber(s[TICK]), tonumber(second)))
  return s
end

-- What setting it would do: "added", "changed", or nil for nothing.
local function cron_verdict(name, definition, payload)
  if not cron_state(name) then return 'added' end
  if call('HGET', CRON, 'd:' .. name) ~= definition or
      (call('HGET', CRON, 'p:' .. name) or '') ~= payload then
    return 'changed'
  end
end

local function cron_set(name, source, definition, payload, next_tick)
  local word = cron_verdict(name, definition, payload)
  if not word then return end
  cron_changed()
  local s = word == 'added' and create(definition, source) or
    edit(cron_state(name), definition, call('HGET', CRON, 'd:' .. name) or '')
  s[NEXT] = next_tick
  call('HSET', CRON, 'd:' .. name, definition)
  call('HDEL', CRON, 'p:' .. name)
  if payload ~= '' then call('HSET', CRON, 'p:' .. name, payload) end
  cron_write(name, s)
  cron_log(name, word, '-', 1, by)
end

local function cron_unset(name)
  cron_changed()
  call('HDEL', CRON, 'd:' .. name, 'p:' .. name, 's:' .. name)
  cron_unlog(name)
end

-- `list` has a blank before each name.
local function cron_set_names(source, list)
  if list == '' then
    call('HDEL', CRON, 'n:' .. source)
  else
    call('HSET', CRON, 'n:' .. source, list)
  end
end

-- The queue is in the set of all that have schedules, or not; schedulers hear
-- of a change, or find out when they look. Once, last.
local function cron_enlist()
  local queue = string.match(CRON, '{(.*)}')
  call(#cron_sources() > 0 and 'SADD' or 'SREM', CRONS, queue)
  if rev then redis.pcall('PUBLISH', CRONS, queue) end
end
