// What mysql2 finds in place of its pools, its server, its promises, and `generate-function`, by which it makes parsers at
// run time (together some 80 KB of minified code): connections are made one by one and kept by the person's own pool,
// and its other parsers, which are no code that is made, are chosen by a setting.
function fail() {
  throw new Error('this part of the driver is not used here')
}

module.exports = fail
