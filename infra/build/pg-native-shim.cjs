// What pg finds in place of its own `./native` (some 8 KB of minified code), the client over libpq by the package
// `pg-native`, which is no dependency of this one. pg looks for this code of the error.
throw Object.assign(new Error('there is no native client of PostgreSQL here'), { code: 'MODULE_NOT_FOUND' })
