export { default } from 'gonogo:plugin/clock@0.1.0';
