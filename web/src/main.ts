import '@fontsource-variable/hanken-grotesk/wght.css';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';

const place = document.getElementById('app');
if (place === null) throw new Error('The page has no place for the dashboard.');
mount(App, { target: place });
