"""The movements of an export in another currency, for a target that takes only that.

`Conversion` (`reading`) gives the amounts for `exports.rows.stream_movements`; before,
the preflight refuses a selection with documents whose rates aren't known yet (`rates`).

**One rate.** A schedule is converted at the ECB rate of its document's accounting date,
and of no other day: deferred revenue is not revalued. A credit takes the rate of what
it credits, a burn-down that of its grant, and an invoice of a billing schedule that
accrues the billing schedule's, because it bills the Unbilled that was accrued at that
rate. A credit note without a parent and a manual journal have their own. The date is
the one with which the document was first recorded, so a revision moves no rate.

**The total once.** Totals are converted, and the planner allocates them by domain rules
3 and 4, with everything that happened since (`plans`). 1,000.00 USD for 2025 at 0.9213
is 921.30: eleven months of 76.78 and December's 76.72; January has 30 days of 2.48 and
a last one of 2.38. Month by month it would be eleven times 76.77 (83.33) and 76.81
(83.37), and Deferred would keep 0.02. Crediting 100.00 on 1 October takes 92.13 of the
230.28 that Deferred has left, and the 138.15 that remain are three months of 46.05.

**Stored movements.** Only what is stored is exported. A movement gets what is planned
for its service days (`rows`, `days`), wherever a lock posted them. What one recording
wrote is converted by what was recorded until then, and keeps its amounts: the files of
single months are the file of all of them, and no file depends on what came later. Where
no planned amounts are to be had (earlier rules planned the movements, or a lock left
days out that come to nothing), a movement's own amount is rounded. A line of a manual
journal comes to what the movements that it was paired into come to (`reading.entered`).

**Cleared accounts.** Where a family's Deferred, Unbilled, Billed or Recognized ends at
zero, it does in the other currency (`balancing`): minor units that rounding left go to
the recording's last movement that can take them without changing its direction. Only
if none of that recording's can, does an earlier movement change. That takes amounts of
a few minor units, in a currency with much smaller units than the ledger's.
"""
