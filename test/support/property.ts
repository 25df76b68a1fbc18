import fc from 'fast-check'

// The gate judges a change, so it tries the same cases each time; a search for new ones is `npm run test:long`, or any
// run by hand.
if (process.env.CI === 'true') fc.configureGlobal({ seed: 1 })

export { fc }
