-- SPDX-License-Identifier: ISC
-- Leases and the clock: when nobody's may be taken, and how long one can be.

-- After a gap in which nobody could reach the server nobody's lease is taken
-- for one lease time (`hold`). Called by everything a worker calls, so that
-- whoever comes first after an outage protects all the others. What has `waited`
-- here is no proof that anybody can.
local function outage_check(lease, waited)
  local m = call('HMGET', META, 'beat', 'hold')
  local beat, hold = tonumber(m[1]) or now, tonumber(m[2]) or 0
  if now - beat > lease / 2 or now < beat - lease / 2 then
    hold = now + lease
    store('hold', int(hold))
  end
  if not waited and (now ~= beat or not m[1]) then store('beat', now_text) end
  -- a hold further away than two leases came from another clock
  if hold > now + 2 * lease then hold = 0 end
  return hold
end

-- What only grows, for those who saw it before: jobs pushed and claimed. When
-- it is less than it was, the server has forgotten what it had acknowledged.
local function history(pushed, claimed)
  return int((tonumber(pushed) or 0) + (tonumber(claimed) or 0))
end

-- The last request of a worker and what it got, as claim() keeps it, and the
-- number in it. That the server knows no fewer than it has answered is the other
-- half of the history: the claims of others hide that one's own were forgotten.
local function request_of(worker)
  local last = call('HGET', WRK, 'c:' .. worker)
  return last, tonumber(string.match(last or '', '^%d+')) or 0
end

-- Of all that may still be held: configure.lua remembers one that was longer.
local function longest_lease(lease)
  local m = call('HMGET', META, 'lease_was', 'lease_until')
  if now >= (tonumber(m[2]) or 0) then return lease end
  return math.max(lease, tonumber(m[1]) or 0)
end
