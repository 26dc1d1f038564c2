// Chat templates against Jinja itself (tests/js/chat/record.py), set up as in Hugging Face transformers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OnedgeError } from 'onedge';
import { ChatTemplate } from 'onedge/chat';

const read = (name) => JSON.parse(readFileSync(new URL(`chat/${name}`, import.meta.url), 'utf8'));
const { configs, conversations, tools } = read('cases.json');
const expected = read('expected.json');

for (const name of Object.keys(configs)) {
  test(`${name} renders as Jinja renders it`, () => {
    const template = new ChatTemplate(configs[name]);
    for (const want of expected.filter(({ config }) => config === name)) {
      const options = { addGenerationPrompt: want.prompt, tools: want.tools ? tools : undefined };
      const render = () => template.render(conversations[want.conversation], options);
      if (want.error !== undefined) assert.throws(render, OnedgeError, JSON.stringify(want));
      else assert.equal(render(), want.text, JSON.stringify(want));
    }
  });
}

test('what is wrong with a template or a call is said', () => {
  assert.throws(() => new ChatTemplate({ chat_template: '{% for %}' }), OnedgeError);
  assert.throws(() => new ChatTemplate({}), /chat_template/);
  const template = new ChatTemplate(JSON.stringify(configs.tools));
  assert.deepEqual(template.names, ['default', 'tool_use']);
  assert.throws(() => template.render([], { template: 'rag' }), /rag/);
  assert.equal(new ChatTemplate({ bos_token: '<s>' }, '{{ bos_token }}{{ x }}').render([], { variables: { x: 1 } }), '<s>1');
});
