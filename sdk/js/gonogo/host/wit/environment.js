export { default } from 'gonogo:plugin/environment@0.1.0';
