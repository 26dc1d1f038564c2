// Compares answers with docs/openapi.yaml: route, method, status, content type and schema.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

export const path = fileURLToPath(new URL('../../docs/openapi.yaml', import.meta.url));
export const text = readFileSync(path, 'utf8');
export const document = parse(text);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'openapi', ...document });

const resolve = (node) => (node?.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], document) : node);

const templates = Object.keys(document.paths).map((template) => ({ template, pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+').replace(/\./g, '\\.')}$`) }));
const templateOf = (pathname) => templates.find(({ template, pattern }) => !template.includes('{') && pattern.test(pathname)) ?? templates.find(({ pattern }) => pattern.test(pathname));

const validators = new Map();
function validate(schema, value, where) {
  const key = JSON.stringify(schema);
  if (!validators.has(key)) validators.set(key, ajv.compile(withIds(schema)));
  const validator = validators.get(key);
  assert.ok(validator(value), `${where}: ${ajv.errorsText(validator.errors)} in ${JSON.stringify(value)?.slice(0, 400)}`);
}

// References of the document, seen from outside.
const withIds = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/'));

export async function requireDescribed(method, pathname, response) {
  const { status } = response;
  const found = templateOf(pathname);
  const type = response.headers.get('content-type')?.split(';')[0];
  const error = resolve(document.components.responses.Error);
  const operation = found && document.paths[found.template][method.toLowerCase()];
  if (!operation) {
    // Not described: an unknown route (404), or a wrong method (405, and the empty answers of OPTIONS and HEAD).
    if (status === 404 || status === 405) validate(error.content['application/json'].schema, await response.json(), `${method} ${pathname}`);
    else assert.ok(['OPTIONS', 'HEAD'].includes(method), `${method} ${pathname} is not described, but answers ${status}`);
    return;
  }
  const where = `${method} ${found.template}: ${status}`;
  const described = resolve(operation.responses[status] ?? operation.responses.default);
  assert.ok(operation.responses[status] || status >= 400, `${where} is not described`);
  if (status === 429 || status === 503) assert.match(response.headers.get('retry-after') ?? '', /^\d+$/, where);
  for (const [name, header] of Object.entries(operation.responses[status]?.headers ?? {})) {
    const value = response.headers.get(name);
    if (name !== 'inference-header-content-length') validate(resolve(header).schema, value, `${where}, header ${name}`);
  }
  if (!described.content) return assert.equal(await response.text(), '', where);
  assert.ok(described.content[type], `${where}: content-type ${type}`);
  const body = type === 'application/json' ? await response.json() : await response.text();
  validate(described.content[type].schema, body, where);
}
