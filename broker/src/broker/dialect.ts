/** The version of RabbitMQ whose behaviour clients find here: many decide by it what they dare to use. */
export const DIALECT = '3.13.7'
