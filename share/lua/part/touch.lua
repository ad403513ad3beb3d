-- SPDX-License-Identifier: ISC
-- A key of a foreign type stops us here, before the first write, and not when
-- a job has left one set and cannot enter the other (R1).
local function touch_all()
  for _, set in ipairs({RDY, DLY, RTY, RUN, DONE, DEAD, SEEN}) do
    call('ZCARD', set)
  end
  for _, hash in ipairs({JOB, PAY, OUT, LIVE, MIN, WRK}) do
    call('HLEN', hash)
  end
  call('LLEN', WAKE)
end
