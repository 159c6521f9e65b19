/** What the service knows and where its queue is; and what the caller checks the answers against. */
export const queue = 'examples.prices'

export const prices: Record<string, number> = { apple: 30, bread: 250, cheese: 620, diamond: 990_000 }

/** A diamond has to be looked at before it can be priced. */
export const appraisalMs = 1500
