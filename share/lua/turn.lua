#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- turn, version 1. When a waiting job may start: what stands before it, and
-- how fast that has been going away.
-- KEYS  the queue's keys
-- ARGV  1 id
-- Returns OK, the server's ms, how many ready jobs come first ("" for a job
-- that does not wait), jobs and failed attempts that ended lately, in how many
-- ms that was. O(log n); at most 60 minutes are added up, fewer if 20 ended.
--@ base
--@ count
--@ ready
--@ state

local state, score = state_of(ARGV[1])
local ahead = ''
if state == 'ready' then
  ahead = call('ZRANK', RDY, ARGV[1])
elseif state == 'delayed' or state == 'retry' then
  -- it will stand behind all of its priority
  local last = int((1 - due_priority(tonumber(score))) * BAND)
  ahead = call('ZCOUNT', RDY, '-inf', '(' .. last)
end

local minute = math.floor(now / 60000)
local first = tonumber(call('HGET', META, 'minute_low')) or minute
local ended, at = 0, minute
while true do
  local m = call('HMGET', MIN, int(at) .. 'd', int(at) .. 'f')
  ended = ended + (tonumber(m[1]) or 0) + (tonumber(m[2]) or 0)
  if at <= first or at <= minute - 60 or (ended >= 20 and at < minute) then
    break
  end
  at = at - 1
end
return {'OK', now_text, ahead, ended, int(now - at * 60000)}
