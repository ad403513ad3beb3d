-- SPDX-License-Identifier: ISC
-- The writing half of cron_fire: the verdict is in `word`.
local function add(field, n) s[field] = int(tonumber(s[field]) + n) end

-- What the history has it as.
local NAMES = {FIRED = 'fired', DROPPED = 'missed', PAUSED = 'paused',
  OUTSIDE = 'bounds', LIMIT = 'limit', BLOCKED = 'overlap', KNOWN = 'known'}
local missed = tonumber(ARGV[6])

if not by_hand then
  add(MISSED, missed)
  if word == 'PAUSED' then add(PAUSED, 1) end
  if word == 'BLOCKED' then add(BLOCKED, 1) end
  if word == 'KNOWN' then add(KNOWN, 1) end
  if word == 'FIRED' then add(FIRED, 1) end
end
if word == 'FIRED' then
  found(ARGV[13])
  local replaced = overlap == 'replace' and kind ~= 'backfill' and
    math.min(#live, 1000) or 0
  for i = 1, replaced do
    -- one that runs stays on record until it has stopped
    if remove(prefix .. live[i], true, 'replaced by ' .. id) ~= 'ASKED' then
      live[i] = false
    end
  end
  push(id, ARGV[14], tonumber(ARGV[15]), ARGV[16], tonumber(ARGV[17]),
    ARGV[18], call('HGET', CRON, 'p:' .. name) or '')
  s[ENQUEUED] = now_text
  live[#live + 1] = stamp
end
local kept = {''}
for i = 1, #live do
  if live[i] then kept[#kept + 1] = live[i] end
end
s[STAMPS] = table.concat(kept, ' ')
if kind == 'create' then
  cron_mark(s, 'c', false)
elseif not by_hand then
  s[TICK], s[NEXT] = int(tick), ARGV[5]
end
cron_mark(s, 'f', s[NEXT] == '-' or limit > 0 and tonumber(s[FIRED]) >= limit)
cron_write(name, s)
if release > used then call('HSET', CRON, 'z', release) end
local dropped = word == 'DROPPED' and missed or missed + 1
cron_log(name, by_hand and kind or NAMES[word],
  (kind == 'create' or kind == 'run') and '-' or int(tick),
  word == 'FIRED' and missed or dropped,
  word == 'FIRED' and stamp .. (by_hand and ' ' .. ARGV[19] or '') or
  word == 'BLOCKED' and live[1] or '-')
write_wakes()
write_counters()
