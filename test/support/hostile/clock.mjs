// Preloaded into a gateway under test: each SIGUSR2 turns its clock on by two hours.
const step = 2 * 3_600_000
const real = Date.now
let ahead = 0
Date.now = () => real() + ahead
process.on('SIGUSR2', () => {
  ahead += step
})
