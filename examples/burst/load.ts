/** What the workers can take, and what they are given. */
export const queue = 'examples.burst'

export const workerCount = 3
export const poolSize = 4
export const msPerJob = 200

/** As many jobs as the workers can hold at a time, and ten times as many. */
export const usual = workerCount * poolSize
export const burst = 10 * usual
