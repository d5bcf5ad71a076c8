export { default } from 'gonogo:plugin/files@0.1.0';
