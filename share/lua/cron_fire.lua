#!lua
-- SPDX-License-Identifier: ISC
-- cron_fire, version 1. T13: a tick of a schedule becomes a job, once. One
-- script, because the watermark and the push must not be parted: of all who
-- come with a tick the first moves the watermark, the others find it there.
-- KEYS  as cron_sync
-- ARGV  1 name, 2 revision the caller saw, 3 "fire", "drop" (as missed) or
--       "create" (the job of its creation), or by hand, which moves no
--       watermark and heeds no limit, pause or bound: "run" (now) or
--       "backfill" (of a tick, whatever overlaps), 4 tick in Unix seconds,
--       5 the next one or "-", 6 ticks that are dropped as missed, 7 stamp of
--       the job, 8 start and 9 end in ms, 10 limit (0 = none), 11 overlap,
--       12 max-live (0 = none), then as push.lua: 13 epoch, 14 digest,
--       15 priority, 16 when, 17 expiry, 18 options, and 19 who does it,
--       20 release of the zone data that the tick was reckoned by, or "",
--       21 the watermark that the tick was planned from, or "", 22 the last ms
--       at which the plan holds, 0 = always; a request may have lain in a
--       socket for long, and its sender have planned another meanwhile
-- Returns a word, the server's ms, the watermark, the marks (none of the last
-- two after GONE and STALE), a detail: FIRED id, DROPPED (missed), PAUSED,
-- OUTSIDE (before start, after end), LIMIT, BLOCKED id of the live job, KNOWN
-- id (such a job exists all the same), all of which move the watermark;
-- DUPLICATE, MOVED (plan anew: ours is beyond that watermark, or too late), EARLY ms,
-- FULL, STALE, GONE, OUTDATED release (one newer than ARGV 20 was used before),
-- which change nothing (but FULL is put on record), nor do BLOCKED and KNOWN
-- when done by hand.
-- O(log n), and of the schedule's live jobs: 10,000 looked at and 1,000
-- replaced at most.
--@ base
--@ count
--@ record
--@ ready
--@ push
--@ finish
--@ state
--@ remove
--@ cron
--@ cron_log

local name, kind, tick, stamp = ARGV[1], ARGV[3], tonumber(ARGV[4]), ARGV[7]
local limit, overlap, max_live = tonumber(ARGV[10]), ARGV[11],
  tonumber(ARGV[12])
local planned_from, good_until = tonumber(ARGV[21]), tonumber(ARGV[22])
if not (tick and limit and max_live and tonumber(ARGV[6]) and good_until and
    tonumber(ARGV[15]) and string.match(ARGV[16] or '', '^[+@]?%d+$') and
    tonumber(ARGV[17]) and ARGV[19]) then
  return {'MALFORMED'}
end
local prefix = 'cron:' .. name .. ':'
local id = prefix .. stamp
local by_hand = kind == 'run' or kind == 'backfill'
local s = cron_state(name)
if not s then return {'GONE', now_text} end
if s[REV] ~= ARGV[2] then return {'STALE', now_text} end

local function answer(word, detail)
  return {word, now_text, s[TICK], s[MARKS], detail or ''}
end

if kind == 'create' then
  if not cron_marked(s, 'c') then return answer('DUPLICATE') end
else
  if tick * 1000 > now then return answer('EARLY', int(tick * 1000 - now)) end
  if not by_hand and tick <= tonumber(s[TICK]) then
    return answer('DUPLICATE')
  end
end
-- a copy may have gone beyond ours, for new zone data, and tells us with this step
if planned_from and planned_from < (tonumber(s[TICK]) or 0) or
    good_until > 0 and now > good_until then
  return answer('MOVED')
end
local release = string.match(ARGV[20] or '', '^%d%d%d%d%l+$') or ''
local used = call('HGET', CRON, 'z') or ''
if release ~= '' and release < used then
  return answer('OUTDATED', used)
end

--@ cron_live

local function verdict()
  local at = kind == 'create' and now or tick * 1000
  local first, over = tonumber(ARGV[8]), tonumber(ARGV[9])
  if not by_hand then
    if cron_marked(s, 'p') then return 'PAUSED' end
    if kind == 'drop' then return 'DROPPED' end
    if at < first or (over > 0 and at >= over) then return 'OUTSIDE' end
    if limit > 0 and tonumber(s[FIRED]) >= limit then return 'LIMIT' end
  end
  if is_known(id) then return 'KNOWN', id end
  if kind ~= 'backfill' and #live > 0 and
      (overlap == 'forbid' or max_live > 0 and #live >= max_live) then
    return 'BLOCKED', prefix .. live[1]
  end
  local room = overlap == 'replace' and kind ~= 'backfill' and leaving or 0
  if is_full(room) then return 'FULL' end
  return 'FIRED', id
end

local word, detail = verdict()
if word == 'FULL' and not by_hand then
  cron_log(name, 'full', kind == 'create' and '-' or int(tick), 1, '-')
end
if word == 'FULL' or by_hand and word ~= 'FIRED' then
  return answer(word, detail)
end

--@ cron_apply
return answer(word, detail)
