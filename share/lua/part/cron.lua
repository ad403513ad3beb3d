-- SPDX-License-Identifier: ISC
-- The schedules that feed a queue, in one hash, the seventeenth key:
--
--   v         version: rises with every change of a definition, never goes
--   n:SOURCE  the names of a source, each with a blank before it; the source
--             "-", which no file can have, is of those that `set` made
--   z         the newest release of zone data that a tick was reckoned by
--   g:SOURCE  the highest GENERATION that was applied
--   d:NAME    definition: a line of a schedule file, without its payload
--   p:NAME    payload, unless it is empty
--   s:NAME    state: the line of the fields below, then, each with a blank
--             before it, the stamps of jobs that may be unfinished; the job
--             is "cron:NAME:STAMP"
--   h:NAME    history (part/cron_log.lua)
--
-- TICK is the watermark, Unix seconds: no tick up to it is enqueued any more.
-- FLAGS: p paused, c the job of its creation is due, f finished, "-" none.
-- NEXT is the tick that whoever wrote last expects next; "-" none.
--
-- The eighteenth key is the set of all queues that have schedules.
local CRON, CRONS = KEYS[17], KEYS[18]
local REV, MARKS, SOURCE, CREATED, EDITED, TICK, NEXT, FIRED, MISSED, BLOCKED,
  PAUSED, KNOWN, ENQUEUED, STAMPS = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  14
local STATE = '^' .. string.rep('(%S+) ', 12) .. '(%S+)\n(.*)$'

-- nil for a name that is not there, or one whose state was changed by hand.
local function cron_state(name)
  local text = call('HGET', CRON, 's:' .. name)
  local s = text and {string.match(text, STATE)}
  if s and #s == STAMPS and tonumber(s[TICK]) then return s end
end

local function cron_write(name, s)
  call('HSET', CRON, 's:' .. name,
    table.concat(s, ' ', 1, ENQUEUED) .. '\n' .. s[STAMPS])
end

local function cron_marked(s, mark)
  return string.find(s[MARKS], mark, 1, true) ~= nil
end

local function cron_mark(s, mark, on)
  if cron_marked(s, mark) == on then return end
  local marks = string.gsub(s[MARKS], '[' .. mark .. '-]', '')
  if on then marks = marks .. mark end
  s[MARKS] = marks == '' and '-' or marks
end

-- The sources that have schedules here, in order. O(fields of the hash).
local function cron_sources()
  local sources = {}
  for _, field in ipairs(call('HKEYS', CRON)) do
    if string.sub(field, 1, 2) == 'n:' then
      sources[#sources + 1] = string.sub(field, 3)
    end
  end
  table.sort(sources)
  return sources
end
