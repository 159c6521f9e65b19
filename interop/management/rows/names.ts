/** Names that must be escaped in addresses, and come back as they were: slashes, percent signs, spaces, other scripts. */
import type { Area, Step } from '../row.ts'

const NAMES = [
  '/',
  'a/b',
  '100%',
  '%2F',
  'two words',
  '+plus+',
  'grün',
  '队列',
  '🐰',
  'a.b-c_d~e',
  'q?x=1&y#z',
  '"quoted"',
  "it's",
  'back\\slash',
  '{[(<>)]}',
]
const e = encodeURIComponent

const aboutQueues = (name: string, at: number): Step[] => [
  { method: 'PUT', path: `/api/queues/${e('v/%ü')}/${e(name)}`, body: {}, status: 201 },
  { path: `/api/queues/${e('v/%ü')}/${e(name)}?columns=name,vhost`, status: 200, shape: { name: 'string' } },
  { method: 'PUT', path: `/api/exchanges/${e('v/%ü')}/${e(name)}`, body: { type: 'direct' }, status: 201 },
  {
    method: 'POST',
    path: `/api/bindings/${e('v/%ü')}/e/${e(name)}/q/${e(name)}`,
    body: { routing_key: name },
    status: 201,
  },
  {
    path: `/api/bindings/${e('v/%ü')}/e/${e(name)}/q/${e(name)}`,
    status: 200,
    shape: [{ routing_key: 'string', properties_key: 'string' }],
  },
  { path: `/api/queues/${e('v/%ü')}/${e(name)}/bindings?columns=routing_key,source`, status: 200 },
  { method: 'PUT', path: `/api/users/${e(`u${name}`)}`, body: { password: name, tags: 'management' }, status: 201 },
  {
    method: 'PUT',
    path: `/api/permissions/${e('v/%ü')}/${e(`u${name}`)}`,
    body: { configure: '', write: '', read: '' },
    status: 201,
  },
  {
    path: '/api/whoami',
    as: `u${name}:${name}`,
    status: 200,
    shape: { name: 'string' },
    name: `GET /api/whoami number ${at}`,
  },
  {
    method: 'PUT',
    path: `/api/policies/${e('v/%ü')}/${e(name)}`,
    body: { pattern: '^none$', definition: { expires: 1000 } },
    status: 201,
  },
  { path: `/api/policies/${e('v/%ü')}/${e(name)}`, status: 200, shape: { name: 'string' } },
  { method: 'DELETE', path: `/api/policies/${e('v/%ü')}/${e(name)}`, status: 204 },
  { method: 'DELETE', path: `/api/users/${e(`u${name}`)}`, status: 204 },
  { method: 'DELETE', path: `/api/exchanges/${e('v/%ü')}/${e(name)}`, status: 204 },
  { method: 'DELETE', path: `/api/queues/${e('v/%ü')}/${e(name)}`, status: 204 },
]

export const names: Area = {
  name: 'names',
  steps: [
    { method: 'PUT', path: `/api/vhosts/${e('v/%ü')}`, status: 201 },
    { path: `/api/vhosts/${e('v/%ü')}?columns=name`, status: 200 },
    ...NAMES.flatMap(aboutQueues),
    { path: '/api/queues/%2f/none', status: 404 },
    { path: '/api/queues/%/none', status: 400 },
    { path: '/api/exchanges//amq.direct', status: 404 },
    { method: 'DELETE', path: `/api/vhosts/${e('v/%ü')}`, status: 204 },
  ],
}
