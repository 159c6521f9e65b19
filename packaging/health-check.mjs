/**
 * health-check.mjs HOST PORT: exits 0 when the port answers AMQP's protocol header with connection.start, else 1.
 * Plain JavaScript without dependencies, so that it runs in any image.
 */
import { connect } from 'node:net'

const CONNECTION_START = Buffer.from([0, 10, 0, 10])
const [host = '127.0.0.1', port = '5672'] = process.argv.slice(2)

const socket = connect({ host, port: Number(port) }, () => socket.write('AMQP\0\0\x09\x01', 'latin1'))
let answer = Buffer.alloc(0)

function end(code, why) {
  if (why) console.error(why)
  process.exit(code)
}

socket.setTimeout(4000, () => end(1, 'no answer'))
socket.on('error', (error) => end(1, error.message))
socket.on('end', () => end(1, `the answer was ${JSON.stringify(answer.toString('latin1'))}`))
socket.on('data', (chunk) => {
  answer = Buffer.concat([answer, chunk])
  // A method frame on channel 0: type 1, channel 0 0, four octets of length, then class and method.
  if (answer.length >= 11) end(answer[0] === 1 && answer.subarray(7, 11).equals(CONNECTION_START) ? 0 : 1)
})
