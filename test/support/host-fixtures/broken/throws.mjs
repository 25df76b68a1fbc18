// Stands in for an app whose entry file throws.
throw new Error('thrown by the entry')
