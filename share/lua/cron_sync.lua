#!lua
-- SPDX-License-Identifier: ISC
-- cron_sync, version 1. Makes the schedules of one source that feed this queue
-- those that are listed. One script, because two hosts may apply their files
-- at once, and a name belongs to one source.
-- KEYS  the queue's fifteen keys, then its hash of schedules (part/cron.lua)
-- ARGV  1 "check" (write nothing) or "apply", 2 source, 3 generation, 0 for
--       none, 4 "refuse" when a source may not lose its last schedule, then 4
--       for each schedule: name, definition, payload, its next tick or "-"
-- Returns OK and the server's ms, then a word and a name for each that was
-- "added", "changed" or "removed"; or TAKEN, a name, its source; OLD and the
-- generation in force; EMPTY and how many there are. O(schedules of the
-- source, old and new; 10,000 at most).
--@ base
--@ cron

local apply, source, generation = ARGV[1] == 'apply', ARGV[2],
  tonumber(ARGV[3])
local second = int(math.floor(now / 1000))
local names = call('HGET', CRON, 'n:' .. source) or ''
local in_force = tonumber(call('HGET', CRON, 'g:' .. source)) or 0
local listed, had = {}, 0

if not generation or (#ARGV - 4) % 4 ~= 0 then return {'MALFORMED'} end
if generation < in_force then return {'OLD', int(in_force)} end
for i = 5, #ARGV, 4 do
  local s = cron_state(ARGV[i])
  if s and s[SOURCE] ~= source then return {'TAKEN', ARGV[i], s[SOURCE]} end
  listed[ARGV[i]] = true
end
for _ in string.gmatch(names, '%S+') do had = had + 1 end
if had > 0 and #ARGV == 4 and ARGV[4] == 'refuse' then
  return {'EMPTY', int(had)}
end
if not apply then return {'OK', now_text} end

local answer, rev = {'OK', now_text}, nil
-- A clock that counts on: it rises even where the latest writes were lost.
local function changed(word, name)
  if not rev then
    rev = int(math.max((tonumber(call('HGET', CRON, 'v')) or 0) + 1, micros))
    call('HSET', CRON, 'v', rev)
  end
  answer[#answer + 1] = word
  answer[#answer + 1] = name
end

local function says(definition, option)
  return string.find(definition .. ' ', ' ' .. option .. ' ', 1, true) ~= nil
end

local function create(name, definition)
  changed('added', name)
  local s = {rev, '-', source, now_text, now_text, second, '-', 0, 0, 0, 0, 0,
    '-', ''}
  cron_mark(s, 'c', says(definition, 'fire-on-create=yes'))
  cron_mark(s, 'p', says(definition, 'paused=yes'))
  return s
end

-- An edit starts anew from now; a pause by hand outlives one that says nothing
-- about it.
local function edit(name, s, definition, before)
  local paused = says(definition, 'paused=yes')
  changed('changed', name)
  if paused ~= says(before, 'paused=yes') then cron_mark(s, 'p', paused) end
  cron_mark(s, 'f', false)
  s[REV], s[EDITED] = rev, now_text
  s[TICK] = int(math.max(tonumber(s[TICK]), tonumber(second)))
  return s
end

local function set(name, definition, payload, next_tick)
  local s = cron_state(name)
  local before = call('HGET', CRON, 'd:' .. name)
  if s and before == definition and
      (call('HGET', CRON, 'p:' .. name) or '') == payload then
    return
  end
  s = s and edit(name, s, definition, before or '') or create(name, definition)
  s[NEXT] = next_tick
  call('HSET', CRON, 'd:' .. name, definition)
  call('HDEL', CRON, 'p:' .. name)
  if payload ~= '' then call('HSET', CRON, 'p:' .. name, payload) end
  cron_write(name, s)
end

local now_listed = {''}
for i = 5, #ARGV, 4 do
  set(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  now_listed[#now_listed + 1] = ARGV[i]
end
for name in string.gmatch(names, '%S+') do
  if not listed[name] then
    changed('removed', name)
    call('HDEL', CRON, 'd:' .. name, 'p:' .. name, 's:' .. name)
  end
end
local text = table.concat(now_listed, ' ')
if text == '' then
  call('HDEL', CRON, 'n:' .. source)
elseif text ~= names then
  call('HSET', CRON, 'n:' .. source, text)
end
if generation > in_force then
  call('HSET', CRON, 'g:' .. source, int(generation))
end
return answer
