// node scripts/demo_images.mjs: takes the screenshots for docs/demo.md, in docs/images. Needs the build of npm run
// demo, and Chromium.
import { fileURLToPath } from 'node:url';
import { openDemo, ready } from '../tests/browser/demo_page.mjs';

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const demo = await openDemo();
const shoot = (page, name, options) => page.screenshot({ path: fileURLToPath(new URL(`../docs/images/demo-${name}.png`, import.meta.url)), ...options });

async function draw(page) {
  const { x, y, width } = await page.locator('#canvas').boundingBox();
  const at = (px, py) => [x + px * width, y + py * width];
  await page.mouse.move(...at(0.32, 0.3));
  await page.mouse.down();
  for (const [px, py] of [[0.4, 0.18], [0.55, 0.17], [0.66, 0.27], [0.62, 0.4], [0.5, 0.47], [0.64, 0.55], [0.7, 0.68], [0.62, 0.8], [0.46, 0.84], [0.3, 0.76]]) {
    await page.mouse.move(...at(px, py), { steps: 5 });
  }
  await page.mouse.up();
}

async function used(page) {
  await page.goto(demo.server.url);
  await ready(page);
  await page.locator('#canvas').scrollIntoViewIfNeeded();
  await draw(page);
  await page.waitForFunction(() => document.querySelector('#digits li'));
  await page.waitForTimeout(300); // the bars grow
  await page.evaluate(() => scrollTo(0, 0));
}

async function firstLoad(options, name) {
  const page = await demo.visit(options);
  demo.server.hold();
  await page.goto(demo.server.url);
  await page.waitForFunction(() => document.getElementById('language-progress').value > 0);
  await shoot(page, name);
  demo.server.release();
  await ready(page);
  await page.context().close();
}

await firstLoad(DESKTOP, 'desktop-first-load');
await firstLoad(PHONE, 'phone-first-load');

const desktop = await demo.visit(DESKTOP);
await used(desktop);
await desktop.locator('#bench').click();
await desktop.waitForFunction(() => document.getElementById('bench-state').textContent.startsWith('done'));
await desktop.setInputFiles('#file', fileURLToPath(new URL('../models/digits/digits.onedge', import.meta.url)));
await desktop.waitForFunction(() => !document.getElementById('own').hidden);
await shoot(desktop, 'desktop', { fullPage: true });

const dark = await demo.visit({ ...DESKTOP, colorScheme: 'dark' });
await used(dark);
await dark.setInputFiles('#file', { name: 'notes.onnx', mimeType: '', buffer: Buffer.from('this is a shopping list, not a model') });
await dark.waitForFunction(() => !document.getElementById('own-error').hidden);
await shoot(dark, 'desktop-dark-error', { fullPage: true });

const phone = await demo.visit(PHONE);
await used(phone);
await shoot(phone, 'phone');
const phoneDark = await demo.visit({ ...PHONE, colorScheme: 'dark' });
await used(phoneDark);
await phoneDark.locator('#digit-title').scrollIntoViewIfNeeded();
await phoneDark.evaluate(() => document.getElementById('digit-title').closest('section').scrollIntoView());
await shoot(phoneDark, 'phone-dark');
await demo.close();
