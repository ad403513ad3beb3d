#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- cron_look, version 1. One schedule in full.
-- KEYS  as cron_sync
-- ARGV  1 name, 2 "payload" to have it as well, or ""
-- Returns OK, the server's ms, then as cron_list: name, state line ("" when it
-- was changed by hand), definition, payload; then the history and the stamps
-- of jobs that may be unfinished; or GONE. O(1).
--@ base
--@ cron

local name = ARGV[1]
local definition = call('HGET', CRON, 'd:' .. name)
if not definition then return {'GONE', now_text} end
local s = cron_state(name)
return {'OK', now_text, name, s and table.concat(s, ' ', 1, ENQUEUED) or '',
  definition,
  ARGV[2] == 'payload' and call('HGET', CRON, 'p:' .. name) or '',
  call('HGET', CRON, 'h:' .. name) or '', s and s[STAMPS] or ''}
